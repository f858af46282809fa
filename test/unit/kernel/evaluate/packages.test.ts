import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells, shownText } from "../../../support/cells.js";

const files: Record<string, string> = {
  // A package that lies by itself, as the kernel's own does.
  "alone/package.json":
    '{"name": "alone", ' +
    '"version": "1.0.0", "type": "module", "main": "./dist/index.js", "types": "./dist/index.d.ts"}',
  "alone/dist/index.js":
    'export { inner } from "./inner.js"; ' +
    "export const answer = 42; export class Plan { steps = 3; show() { return { hidden: 1 }; } }",
  "alone/dist/inner.js": `export function inner(x) { return x + 1; }`,
  "alone/dist/index.d.ts":
    'export { inner } from "./inner.js";\n/** The answer. */\nexport declare const answer: ' +
    "number;\ninterface Hidden { hidden: number }\nexport declare class Plan { steps: number; show(): Hidden }",
  "alone/dist/inner.d.ts": `/** Adds one. */\nexport declare function inner(x: number): number;`,
  // A folder of packages.
  "shelf/node_modules/both/package.json": `{"name": "both", "version": "1.0.0", "main": "index.js"}`,
  "shelf/node_modules/both/index.js": `exports.from = "shelf";`,
  "shelf/node_modules/@scope/parts/package.json":
    '{"name": "@scope/parts", "type": "module", "exports": {".": {"types": "./main.d.ts", "default": "./main.js"}, ' +
    '"./sub": {"types": "./lib/sub.d.ts", "import": "./lib/sub.js"}}}',
  "shelf/node_modules/@scope/parts/main.js": `export default function main() { return "main"; }`,
  "shelf/node_modules/@scope/parts/main.d.ts": `export default function main(): string;`,
  "shelf/node_modules/@scope/parts/lib/sub.js": `export const sub = "sub";`,
  "shelf/node_modules/@scope/parts/lib/sub.d.ts": `export declare const sub: string;`,
  "shelf/node_modules/waits/package.json": `{"name": "waits", "type": "module", "exports": "./index.js"}`,
  "shelf/node_modules/waits/index.js": `export const ready = await Promise.resolve("ready");`,
  // The user's own.
  "work/node_modules/both/package.json": `{"name": "both", "version": "2.0.0", "main": "index.js"}`,
  "work/node_modules/both/index.js": `exports.from = "own";`,
  "work/util.ts":
    'import { answer } from "alone";\n' +
    'export const half: number = answer / 2;\nexport function fail(): never {\n  throw new Error("in util");\n}\n',
  "work/data.json": `{"a": [1, 2]}`,
};

let cells: Cells;
beforeAll(async () => {
  cells = await openCells({
    packages(folder) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      return [join(folder, "alone"), join(folder, "shelf", "node_modules")];
    },
  });
});
afterAll(() => cells.close());

const text = (code: string): Promise<string | undefined> => shownText(cells, code);

describe("imports in a cell", () => {
  it.each([
    ["a package of the kernel's that is an ES module", "import { answer, inner } from 'alone'; inner(answer)", "43"],
    ["package `exports`, which the old resolution doesn't know", "import main from '@scope/parts'; main()", "'main'"],
    ["a subpath that is exported for `import` only", "import { sub } from '@scope/parts/sub'; sub", "'sub'"],
    ["an ES module with a top-level await", "import { ready } from 'waits'; ready", "'ready'"],
    ["the same with import()", "(await import('waits')).ready", "'ready'"],
    ["import() of another", "(await import('alone')).answer", "42"],
    [
      "import() of CommonJS, with default and names",
      "const both = await import('both'); both.default.from + both.from",
      "'ownown'",
    ],
    ["the user's own package before the kernel's of the same name", "import { from } from 'both'; from", "'own'"],
    [
      "TypeScript beside the notebook, which imports the kernel's packages",
      "import { half } from './util'; half",
      "21",
    ],
    ["the same by the name it will have", "import { half as h2 } from './util.js'; h2", "21"],
    ["JSON", "import data from './data.json'; data.a", "[ 1, 2 ]"],
    ["Node's modules", "import { basename } from 'node:path'; basename('/a/b')", "'b'"],
    ["types only", "import type { Plan } from 'alone'; const p: Plan | undefined = undefined; typeof p", "'undefined'"],
  ])("find %s", async (_, code, shown) => {
    expect(await text(code)).toBe(shown);
  });

  it("offer the kernel's packages where an import names one, also without a node_modules of the user's own", async () => {
    expect((await cells.complete(`import x from "alo`)).matches).toMatchObject([{ text: "alone" }]);
  });

  it("carry their types into later cells and into completion and inspection", async () => {
    await text("import * as alone from 'alone'; const plan = new alone.Plan();");
    const { failure } = await cells.run("const s: string = plan.steps");
    expect(failure?.evalue).toContain("Type 'number' is not assignable to type 'string'");
    const names = (await cells.complete("alone.")).matches.map((match) => match.text);
    expect(names).toEqual(expect.arrayContaining(["answer", "inner", "Plan"]));
    expect((await cells.complete("plan.st")).matches).toEqual([{ text: "steps", kind: "property" }]);
    const inspection = await cells.inspect("alone.inner(1)", 8);
    expect(inspection?.text).toMatch(/inner\(x: number\): number[\s\S]*Adds one\./);
  });

  it("can give values whose type the package doesn't export", async () => {
    await text(
      "import { Plan } from 'alone'; " +
        "const shown = new Plan().show();\nasync function show() { return new Plan().show() }",
    );
    expect(await text("shown.hidden + (await show()).hidden")).toBe("2");
    const { failure } = await cells.run("const other = new Plan().show();\nthrow new Error('here')");
    expect(failure?.traceback.join("\n")).toContain("> 2 | throw new Error('here')");
  });

  it("of a package that isn't there say so at the import, and work once it has been installed", async () => {
    const { failure } = await cells.run("import { late } from 'late'; late");
    expect(failure?.evalue).toContain("Cannot find module 'late'");
    cells.write("node_modules/late/package.json", `{"name": "late", "main": "index.js"}`);
    cells.write("node_modules/late/index.js", "exports.late = 'installed';");
    expect(await text("import { late } from 'late'; late")).toBe("'installed'");
  });

  it("that only a script could need say so without listing files that don't exist", async () => {
    const { failure } = await cells.run("require('nowhere')");
    expect(failure?.evalue).toBe("Cannot find module 'nowhere'");
  });

  it("of the user's own TypeScript see what was changed in it since", async () => {
    cells.write("changing.ts", "export const version = 1;");
    expect(await text("import { version } from './changing'; version")).toBe("1");
    cells.write("changing.ts", "export const version = 'two';");
    await text("await new Promise((r) => setTimeout(r, 1500))");
    expect(await text("import { version as changed } from './changing'; changed")).toBe("'two'");
  });

  it("of the user's own TypeScript with a mistake in it name file and place", async () => {
    cells.write("mistake.ts", "\nexport const n: number = 'text';");
    const { failure } = await cells.run("import { n } from './mistake'; n");
    expect(failure?.evalue).toBe("Type 'string' is not assignable to type 'number'. (mistake.ts, line 2, column 14)");
  });

  it("show frames of the user's own files in an error, with their names and lines", async () => {
    const { failure } = await cells.run("import { fail } from './util';\nfail()");
    const traceback = failure?.traceback.join("\n");
    expect(traceback).toMatch(/util\.(ts|js), line \d+ in fail\n {4}at Cell \[\d+\], line 2/);
  });

  it("print no warning of Node about how modules are loaded", async () => {
    const run = await cells.run(
      "import { answer as quiet } from 'alone'; await new Promise((r) => setTimeout(r, 20)); quiet",
    );
    expect(run.stream("stderr")).toBe("");
  });
});

it("a library that resolves from its caller's file, as loggers do for a transport, finds packages of the cell", async () => {
  const cells = await openCells();
  try {
    const caller = `const { createRequire } = require("node:module");
      exports.resolve = (name) => {
        const before = Error.prepareStackTrace;
        Error.prepareStackTrace = (_, sites) => sites;
        const [, site] = new Error().stack;
        Error.prepareStackTrace = before;
        return createRequire(site.getFileName()).resolve(name);
      };`;
    cells.write("node_modules/logger/index.js", caller);
    cells.write("node_modules/transport/index.js", "");
    const run = await cells.run('// @ts-nocheck\nimport { resolve } from "logger";\nresolve("transport")');
    expect(run.text).toBe(`'${join(cells.folder, "node_modules/transport/index.js")}'`);
    const failed = await cells.run("\nthrow new Error('x')");
    expect(failed.failure?.traceback.join("\n")).toContain("Cell [2], line 2");
  } finally {
    await cells.close();
  }
});
