import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DebugClient } from "../support/debug-client.js";

let client: DebugClient;
beforeEach(async () => {
  client = await DebugClient.start();
});
afterEach(() => client.stop());

const helper = `interface Row {
  readonly loss: number;
}

export function best(rows: readonly Row[]): number {
  let lowest: number = Number.POSITIVE_INFINITY;
  for (const { loss } of rows) {
    if (loss < lowest) lowest = loss;
  }
  return lowest;
}
`;
const importing = `import { best } from "./helper";
const rows = [{ loss: 3 }, { loss: 2 }];
const lowest = best(rows);
lowest`;

/** Writes a file into the kernel's working directory; its path. */
function write(name: string, text: string): string {
  const path = join(client.wire.folder, name);
  writeFileSync(path, text);
  return path;
}

it("a breakpoint in a .ts file that a cell imports stops there, with the file's path, line and variables", async () => {
  const path = write("helper.ts", helper);
  await client.attach();
  expect(await client.breakpoints(path, [8])).toEqual([
    { verified: false, line: 8, source: { path }, message: "set when a cell imports the file" },
  ]);
  const { id } = await client.run(importing);
  await client.stops(1);
  const [top, below] = await client.frames();
  expect(top).toMatchObject({ name: "best", line: 8, column: 5, source: { name: "helper.ts", path } });
  expect(below).toMatchObject({ name: "Cell [1]", line: 3 });
  expect(await client.namesIn("Local")).toMatchObject({ loss: "3", lowest: "Infinity" });
  expect((await client.ask("source", { source: { path } })).content).toBe(helper);
  expect((await client.ask("modules")).modules).toEqual([{ id: path, name: "helper.ts", path }]);
  expect(await client.breakpoints(path, [8, 10])).toMatchObject([
    { verified: true, line: 8 },
    { verified: true, line: 10 },
  ]);
  await client.ask("continue", { threadId: 1 });
  await client.stops(2);
  await client.breakpoints(path, [10]);
  await client.ask("continue", { threadId: 1 });
  await client.stops(3);
  expect((await client.frames())[0]).toMatchObject({ name: "best", line: 10 });
  await client.ask("continue", { threadId: 1 });
  expect((await client.wire.reply(id)).content.status).toBe("ok");
});

it("steps go from a cell into a function of a .ts file, line by line through it, and back into the cell", async () => {
  const path = write("helper.ts", helper);
  await client.wire.reply(await client.wire.send("execute_request", { code: importing }));
  await client.attach();
  const { id } = await client.run(importing, [3]);
  await client.stops(1);
  const seen: [string, number][] = [];
  for (const [index, command] of ["stepIn", "next", "stepOut"].entries()) {
    await client.ask(command, { threadId: 1 });
    await client.stops(index + 2);
    const [top] = await client.frames();
    seen.push([top.source.path === path ? "file" : top.name, top.line]);
  }
  expect(seen).toEqual([
    ["file", 6],
    ["file", 7],
    ["Cell [2]", 4],
  ]);
  await client.ask("continue", { threadId: 1 });
  expect((await client.wire.reply(id)).content.status).toBe("ok");
});

it("a file that was changed and is imported again stops at its new lines", async () => {
  const path = write("helper.ts", "export const answer = (): number => {\n  return 1;\n};\n");
  await client.attach();
  const code = 'import { answer } from "./helper";\nanswer()';
  await client.wire.reply((await client.run(code)).id);
  write("helper.ts", "// more\n// lines\nexport const answer = (): number => {\n  return 2;\n};\n");
  await client.breakpoints(path, [4]);
  const { id } = await client.run(code);
  await client.stops(1);
  expect((await client.frames())[0]).toMatchObject({ name: "answer", line: 4, source: { path } });
  await client.ask("continue", { threadId: 1 });
  const result = (await client.wire.untilIdle(id)).find(({ type }) => type === "execute_result");
  expect(result?.content.data["text/plain"]).toBe("2");
});

it("an error in a .ts file is reported with its line as written", async () => {
  write(
    "broken.ts",
    "interface Unused {\n  a: number;\n}\n\nexport function fail(): never {\n  throw new Error('late');\n}\n",
  );
  const id = await client.wire.send("execute_request", { code: 'import { fail } from "./broken";\nfail();' });
  const { content } = await client.wire.reply(id);
  expect(content.traceback.join("\n")).toContain("broken.ts, line 6 in fail");
});
