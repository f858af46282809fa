import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import typescript from "typescript";
import { afterEach, beforeEach, expect, it } from "vitest";
import { buildPrograms } from "../../../../kernel/program/build-program.js";
import { isMissing, readStored, runStored } from "../../../../kernel/program/stored-program.js";

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "program-"));
  folder = join(root, "kernel");
  for (const name of ["start", "thread"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(root, "kernel.tsbuildinfo"), "{}");
  writeFileSync(join(folder, "main.js"), "");
  writeFileSync(join(folder, "log.js"), `export const where = () => [import.meta.dirname, import.meta.url, "é"];`);
  writeFileSync(
    join(folder, "start", "launch.js"),
    `import { where } from "../log.js";\nexport const launch = () => where();`,
  );
  writeFileSync(
    join(folder, "thread", "protocol-thread.js"),
    `import { sep } from "node:path";
import { where } from "../log.js";
export const parts = () => where()[0].split(sep);
export const late = () => import("../log.js");\nexport const other = () => import("../install/doctor.js");`,
  );
});
afterEach(() => rmSync(root, { recursive: true }));

it("the modules in one script do what they do as files, and know where they lie", async () => {
  expect([isMissing(folder), readStored("kernel", folder)]).toEqual([true, undefined]);
  buildPrograms(typescript, folder);
  expect(isMissing(folder)).toBe(false);
  const run = (name: "kernel" | "protocol") =>
    runStored(readStored(name, folder) as never) as Record<string, () => unknown>;
  expect(run("kernel").launch?.()).toEqual([folder, `file://${join(folder, "log.js")}`, "é"]);
  const protocol = run("protocol");
  expect(protocol.parts?.()).toContain("kernel");
  expect(Object.keys((await protocol.late?.()) as object)).toContain("where");
});

it("a script that was made of other modules, or by another Node, is left alone", () => {
  buildPrograms(typescript, folder);
  utimesSync(join(root, "kernel.tsbuildinfo"), 1, 1);
  expect([isMissing(folder), readStored("kernel", folder), readStored("protocol", folder)]).toEqual([
    true,
    undefined,
    undefined,
  ]);
  buildPrograms(typescript, folder);
  rmSync(join(root, "kernel.tsbuildinfo"));
  expect([isMissing(folder), readStored("kernel", folder)]).toEqual([false, undefined]);
});

it("what V8 does not take of what was compiled costs time, nothing else", () => {
  buildPrograms(typescript, folder);
  const stored = readStored("kernel", folder);
  if (stored === undefined) throw new Error("not built");
  const { launch } = runStored({ ...stored, compiled: Buffer.from("broken") }) as { launch(): unknown[] };
  expect(launch()[0]).toBe(folder);
});
