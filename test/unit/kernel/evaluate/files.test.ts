import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells, shownText } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

const text = (code: string): Promise<string | undefined> => shownText(cells, code);

describe("a file of the user's that a cell imports", () => {
  it.each(["script.js", "script.cjs"])("runs once, also when it is JavaScript: %s ran twice", async (name) => {
    cells.write(name, "console.log('loading'); module.exports.answer = 42;");
    const run = await cells.run(`import { answer } from "./${name}"; answer`);
    expect([run.text, run.stream("stdout")]).toEqual(["42", "loading\n"]);
    expect((await cells.run(`require("./${name}").answer`)).stream("stdout")).toBe("");
  });

  it("may replace `module.exports`: what it gave was lost in an import", async () => {
    cells.write("whole.js", "module.exports = function whole() { return 5 };\nmodule.exports.part = 6;");
    expect(await text(`import whole, { part } from "./whole.js"; [whole(), part]`)).toBe("[ 5, 6 ]");
    cells.write("scoped.ts", "const exports = 1, require = 2;\nexport const sum = exports + require;");
    expect(await text(`import { sum } from "./scoped"; sum`)).toBe("3");
  });

  it.each([
    ["m1.mjs", "m1.mjs"],
    ["m2.mts", "m2.mts"],
    ["m3.mts", "m3.mjs"],
    ["m4.ts", "m4.ts"],
    ["m5.cts", "m5.cjs"],
  ])("may be %s, imported as %s, and is loaded anew when it has changed", async (name, asked) => {
    cells.write(name, "export const value = 1;");
    expect(await text(`import { value } from "./${asked}"; value`)).toBe("1");
    cells.write(name, "export const value = 1 + 1;");
    expect(await text(`import { value } from "./${asked}"; value`)).toBe("2");
  });

  it("may be JSON, which is read again when it has changed, also for the files that import it", async () => {
    cells.write("settings.json", `{ "rate": 1 }`);
    cells.write("uses.ts", `import settings from "./settings.json";\nexport const rate = () => settings.rate;`);
    const code = `import settings from "./settings.json"; import { rate } from "./uses"; [settings.rate, rate()]`;
    expect(await text(code)).toBe("[ 1, 1 ]");
    cells.write("settings.json", `\ufeff{ "rate": 25 }`);
    expect(await text(code)).toBe("[ 25, 25 ]");
    cells.write("settings.json", `{ "rate": 3`);
    expect((await cells.run(code)).failure?.evalue).toContain("settings.json, line 1");
  });

  it("may have JSON of the same name beside it", async () => {
    cells.write("same.json", `{ "is": "json" }`);
    cells.write("same.ts", `import raw from "./same.json";\nexport const is = "ts" + raw.is;`);
    expect(await text(`import { is } from "./same"; import raw from "./same.json"; [is, raw.is]`)).toBe(
      "[ 'tsjson', 'json' ]",
    );
    expect(await text(`require("./same").is`)).toBe("'tsjson'");
  });

  it("may be named by its path or its URL, and is the same then", async () => {
    cells.write("one.ts", `console.log("loading");\nexport const one = {};`);
    const run = await cells.run(`import { one } from "./one.ts";
      const others = [await import(__dirname + "/one"), await import(import.meta.resolve("./one.ts"))];
      others.map((other) => other.one === one)`);
    expect([run.text, run.stream("stdout")]).toEqual(["[ true, true ]", "loading\n"]);
  });

  it("has `require.resolve` and `module`", async () => {
    cells.write(
      "own.ts",
      `import "node:fs";\nexport const own = [require.resolve("./one.ts"), typeof module.exports];`,
    );
    expect(await text(`import { own } from "./own"; own`)).toMatch(/one\.ts', 'object'/);
  });

  it("has the right lines in errors of timers and after awaits, where no cell is on the stack", async () => {
    const source = `export interface Gone { a: 1 }\nexport enum Made { A }\n\nexport function later() {
  return new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 1));\n}
export const nobody = () => void setTimeout(() => {\n  throw new Error("alone");\n}, 1);`;
    cells.write("late.ts", source);
    const awaited = await cells.run(`import { later } from "./late"; await later()`);
    expect(awaited.failure?.traceback[1]).toContain("late.ts, line 5");
    const run = await cells.run(`import { nobody } from "./late"; nobody()`);
    await cells.until(() => run.stream("stderr").includes("alone"));
    expect(run.stream("stderr")).toContain("late.ts, line 8");
  });
});

describe("top-level await in a file of the user's", () => {
  it("is awaited before the cell that imports it runs, also through other files", async () => {
    cells.write("slow.ts", "export const slow: number = await new Promise((done) => setTimeout(() => done(5), 10));");
    cells.write(
      "between.ts",
      `export { slow as again } from "./slow";\nimport { slow } from "./slow.js";
export const twice = slow * 2;`,
    );
    expect(await text(`import { again, twice } from "./between"; [again, twice]`)).toBe("[ 5, 10 ]");
    expect(await text(`(await import("./slow")).slow`)).toBe("5");
    expect(await text(`require("./slow").slow`)).toBe("5");
  });

  it("is awaited again when the file has changed; `require` alone can't", async () => {
    cells.write("slow.ts", "export const slow: number = await Promise.resolve(77);");
    expect((await cells.run(`require("./slow").slow`)).failure?.evalue).toContain("awaits at its top level");
    expect(await text(`import { twice } from "./between"; twice`)).toBe("154");
  });

  it("that fails names its line, and fails again the next time", async () => {
    cells.write(
      "fails.ts",
      `export type Gone = 1;\n\nexport const never = await Promise.reject(new Error("no luck"));`,
    );
    for (const _ of [1, 2]) {
      const { failure } = await cells.run(`import { never } from "./fails"`);
      expect(failure?.traceback.slice(0, 2)).toEqual(["Error: no luck", "fails.ts, line 3"]);
    }
  });

  it("that never ends is interrupted", async () => {
    cells.write("never.ts", "(globalThis as any).interruptNow();\nawait new Promise(() => {});\nexport const x = 1;");
    const { failure } = await cells.run(`import { x } from "./never"`, { interrupt: true });
    expect(failure?.ename).toBe("KeyboardInterrupt");
  });
});

it("a package with a top-level await has its default export, without a warning of Node", async () => {
  cells.write("node_modules/waits/package.json", `{ "name": "waits", "type": "module", "exports": "./index.js" }`);
  cells.write("node_modules/waits/index.js", "export const v = await 7;\nexport default function f() { return 8 }");
  const run = await cells.run(`import f, { v } from "waits"; import * as all from "waits"; [f(), v, Object.keys(all)]`);
  expect(run.text).toBe("[ 8, 7, [ 'default', 'v' ] ]");
  expect(run.stream("stderr")).toBe("");
});
