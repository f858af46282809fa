import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { knownTypes } from "../../kernel/channels/read-request.js";
import { packageRoot } from "../../src/core/package-root.js";

const read = (path: string) => readFileSync(join(packageRoot(), path), "utf8");

/** Rows of the coverage table in kernel/PROTOCOL.md: message types and the title of their test. */
const rows = read("kernel/PROTOCOL.md")
  .split("\n")
  .slice(read("kernel/PROTOCOL.md").split("\n").indexOf("| Message | What happens | Test |") + 2)
  .reduce<{ rows: string[]; ended: boolean }>(
    ({ rows, ended }, line) =>
      ended || !line.startsWith("|") ? { rows, ended: true } : { rows: [...rows, line], ended },
    { rows: [], ended: false },
  )
  .rows.map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, first = "", , title = ""]) => ({
    types: [...first.matchAll(/`(\w+)`/g)].map(([, type]) => type as string),
    title,
  }));

const covered = rows.flatMap(({ types }) => types);

/** What the kernel itself sends: message types in the declarations of what goes out. */
function sentTypes(): string[] {
  const published = /readonly type:\s*((?:\|?\s*"\w+"\s*)+);/.exec(read("kernel/cell/publisher.ts"))?.[1] ?? "";
  const messages = read("kernel/channels/messages.ts");
  const announced = /announce\(\s*type: ([^,]+),/.exec(messages)?.[1] ?? "";
  const asked = /type: "(input_request)"/.exec(messages)?.[0] ?? "";
  return [...`${published} ${announced} ${asked}`.matchAll(/"(\w+)"/g)].map(([, type]) => type as string);
}

it("every message type that the kernel serves or sends is in the coverage table, and no other", () => {
  expect(sentTypes().length).toBeGreaterThan(12);
  const inCode = new Set<string>([...knownTypes, ...sentTypes()]);
  expect([...inCode].filter((type) => !covered.includes(type))).toEqual([]);
  expect(covered.filter((type) => !inCode.has(type))).toEqual([]);
});

it("every row of the coverage table names a test that exists in test/wire", () => {
  const tests = readdirSync(join(packageRoot(), "test/wire")).map((name) => read(join("test/wire", name)));
  expect(rows.length).toBeGreaterThan(15);
  expect(rows.filter(({ title }) => title === "" || !tests.some((text) => text.includes(title)))).toEqual([]);
});
