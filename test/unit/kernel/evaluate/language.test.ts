import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells, shownText } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

const text = (code: string): Promise<string | undefined> => shownText(cells, code);

describe("TypeScript of today", () => {
  it("has `using`: what a cell uses is disposed of at its end, also when it fails, and later cells don't know it", async () => {
    await cells.run(
      "const order: string[] = []; const open = (name: string) => ({ name, [Symbol.dispose]() { order.push(name) } });",
    );
    expect(await text("using a = open('a'); using b = open('b'); [a.name, b.name]")).toBe("[ 'a', 'b' ]");
    expect((await cells.run("using c = open('c');\nthrow new Error('half-way')")).failure?.traceback[1]).toMatch(
      /, line 2$/,
    );
    expect(await text("order")).toBe("[ 'b', 'a', 'c' ]");
    expect((await cells.run("a.name")).failure?.evalue).toContain("Cannot find name 'a'");
  });

  it("has `await using`, and declarations beside it reach later cells", async () => {
    await text(
      "let closed = 0; await using gate = { async [Symbol.asyncDispose]() { await 1; closed++ } }; " +
        "const beside = 3; function three() { return beside }",
    );
    expect(await text("[closed, beside, three()]")).toBe("[ 1, 3, 3 ]");
  });

  it("has import attributes", async () => {
    cells.write("settings.json", `{ "depth": 7 }`);
    expect(await text(`import settings from "./settings.json" with { type: "json" }; settings.depth`)).toBe("7");
    expect((await cells.run("const deep: string = settings.depth")).failure?.evalue).toContain("Type 'number'");
  });

  it("has the decorators of the standard, not those of experimentalDecorators", async () => {
    await cells.run(
      "function twice(method: () => number, " +
        "context: ClassMethodDecoratorContext) { return function (this: unknown) { return 2 * method.call(this) } }",
    );
    expect(await text("class Odd { @twice one() { return 1 } }\nnew Odd().one()")).toBe("2");
  });

  it.each([
    ["satisfies", "const sizes = { a: 1 } satisfies Record<string, number>; sizes.a", "1"],
    ["const type parameters", "function pair<const T>(x: T) { return x }\npair(['a', 1])", "[ 'a', 1 ]"],
    ["accessors", "class Box { accessor size = 4 }\nnew Box().size", "4"],
    [
      "NoInfer and inferred type predicates",
      "const only = [1, undefined].filter((x) => x !== undefined); only[0]?.toFixed(1)",
      "'1.0'",
    ],
    ["private names", "class Safe { #key = 5; read() { return this.#key } }\nnew Safe().read()", "5"],
    ["the library of ECMAScript 2023", "[3, 1].toSorted().findLast((x) => x > 1)", "3"],
    ["fetch and its like, without a browser's names", "typeof fetch + typeof AbortController", "'functionfunction'"],
  ])("has %s", async (_, code, shown) => {
    expect(await text(code)).toBe(shown);
  });

  it("has namespaces, enums and const enums that reach all later cells", async () => {
    await text(
      "namespace Shapes { export const side = 2; export interface Square { side: number } }\n" +
        "const enum Level { High = 9 }\nenum Color { Red }",
    );
    await text("1");
    expect(
      await text("const square: Shapes.Square = { side: Shapes.side }; [square.side, Level.High, Color[Color.Red]]"),
    ).toBe("[ 2, 9, 'Red' ]");
  });

  it("takes code as a module does: strict", async () => {
    expect(await text("(function (this: unknown) { return this })()")).toBeUndefined();
  });
});

describe("type errors", () => {
  it("stop a cell by default, and don't if its first line is `// @ts-nocheck`; syntax errors still do", async () => {
    expect((await cells.run("const strictly: number = 'a'")).failure?.ename).toBe("TypeScriptError");
    expect(await text("// @ts-nocheck\nconst loosely: number = 'a'; loosely")).toBe("'a'");
    const broken = await cells.run("// @ts-nocheck\nconsole.log('side effect'); const = 1");
    expect([broken.failure?.ename, broken.stream("stdout")]).toEqual(["TypeScriptError", ""]);
  });

  it("are accepted line by line with `// @ts-expect-error` and `// @ts-ignore`", async () => {
    expect(await text("// @ts-expect-error\nconst first: number = 'a'; first")).toBe("'a'");
    expect((await cells.run("// @ts-expect-error\nconst right: number = 1")).failure?.evalue).toContain("Unused");
    expect(await text("// @ts-ignore\nconst second: number = 'b'; second")).toBe("'b'");
  });

  it("name a missing member with the name that was meant", async () => {
    const { failure } = await cells.run("const row = { length: 1 };\nrow.lenght");
    expect(failure?.evalue).toContain("Did you mean 'length'? (line 2, column 5)");
  });

  it("ask for the missing await where a promise is used as its value, not only name the type Promise", async () => {
    const { failure } = await cells.run("async function later() { return { rows: [1] }; }\nlater().rows");
    expect(failure?.evalue).toContain("Did you forget to use 'await'?");
  });
});

it("names that are only declared are left to the program", async () => {
  await cells.run("declare const process2: { pid: number }; (globalThis as any).process2 = { pid: 6 };");
  expect(await text("process2.pid")).toBe("6");
});

it("the types of browsers can be had", async () => {
  expect(await text(`/// <reference lib="dom" />\nlet canvas: HTMLCanvasElement | undefined; canvas`)).toBeUndefined();
});

it("JavaScript is TypeScript without types", async () => {
  expect(await text("var o = { n: 1 }; o.n += 1; function f(a, b) { return a + b } f(o.n, '!')")).toBe("'2!'");
});

it("documentation of the language and of Node is there, although it is not parsed with the types", async () => {
  expect((await cells.inspect("Math.floor(1.5", 14))?.text).toMatch(
    /floor\(x: number\): number[\s\S]*greatest integer/,
  );
  const inspection = await cells.inspect("import { readFileSync } from 'node:fs'; readFileSync", undefined, 1);
  expect(inspection?.markdown).toMatch(/Returns the contents of the `path`[\s\S]*@since/);
});

describe("modules of Node's whose declarations come with the first import of them", () => {
  it("have their types and their documentation, in cells and in files of the user's", async () => {
    expect(await text("import { Session } from 'node:inspector'; typeof Session")).toBe("'function'");
    expect((await cells.run("import http2 from 'http2'; http2.no")).failure?.evalue).toContain(
      "Property 'no' does not",
    );
    expect((await cells.inspect("new Session().connect", undefined, 0))?.text).toMatch(/connect\(\): void/);
    expect((await cells.inspect("import { createServer } from 'http2'; createServer", undefined, 1))?.markdown).toMatch(
      /Http2Server[\s\S]*Returns a `net.Server`/,
    );
    cells.write(
      "reports.ts",
      "import { spec } from 'node:test/reporters';\nexport const kind = (): string => typeof spec;",
    );
    expect(await text("import { kind } from './reports.js'; kind()")).toBe("'function'");
    expect(await text("typeof (await import('node:repl')).start")).toBe("'function'");
    expect(await text("process.getBuiltinModule('node:trace_events').createTracing.length")).toBe("1");
    const { failure } = await cells.run("import * as https from 'https'; import v8 from 'node:v8'; v8.serialize(1).no");
    expect(failure?.evalue).toMatch(/Property 'no' does not exist on type '(?:NonShared)?Buffer/);
    expect(
      await text(
        "import { text as all } from 'node:stream/consumers'; " +
          "import * as https from 'https'; [typeof https.get, typeof all].join()",
      ),
    ).toBe("'function,function'");
  });

  it("are offered where an import names its module, and nothing that is only the kernel's own way of keeping declarations", async () => {
    const code = "import {} from ''";
    const offered = (await cells.complete(code, code.length - 1)).matches.map((match) => match.text);
    expect(offered).toEqual(expect.arrayContaining(["node:fs", "node:http2", "node:test/reporters", "inspector"]));
    expect(offered.filter((name) => !/^['"]?[\w@./:-]+['"]?$/.test(name))).toEqual([]);
  });

  it("leave what `fetch` gives as it is", async () => {
    const { failure } = await cells.run("const answer: Response = await fetch('x:'); answer.no");
    expect(failure?.evalue).toContain("Property 'no' does not exist on type 'Response'");
    expect((await cells.inspect("new Headers().append", undefined, 0))?.text).toMatch(
      /append: \(name: string, value: string/,
    );
    expect(await text("const types: typeof import('undici-types').Agent[] = []; types")).toBe("[]");
  });
});

it("files of the user's that import a changed one are loaded again with it", async () => {
  cells.write("low.ts", "export const low = 1;");
  cells.write("high.ts", "import { low } from './low.js';\nexport const high = () => low * 10;");
  expect(await text("import { high } from './high.js'; high()")).toBe("10");
  cells.write("low.ts", "export const low = 22;");
  expect(await text("import { high as again } from './high.js'; again()")).toBe("220");
});

describe("imports of Node's own modules", () => {
  it.each([
    ["names", "import { join, sep as slash } from 'node:path'; join('a', slash, 'b')", "'a/b'"],
    ["a default", "import os, { type CpuInfo, EOL } from 'os'; [typeof os.cpus, EOL]", "[ 'function', '\\n' ]"],
    ["types only", "import { type Stats } from 'node:fs'; const none: Stats[] = []; none", "[]"],
    [
      "types without a word",
      "import { Dirent as Facts, BigIntStats } from 'node:fs'; let few: BigIntStats[] = []; few",
      "[]",
    ],
    ["a namespace", "import * as paths from 'node:path'; paths.basename('/a/b')", "'b'"],
    ["nothing", "import 'node:util'; 1", "1"],
  ])("work by %s, and in later cells", async (_, code, shown) => {
    expect(await text(code)).toBe(shown);
  });

  it("reach later cells", async () => {
    expect(await text("join(slash, os.EOL.trim(), paths.sep, Facts.name)")).toBe("'/Dirent'");
  });

  it("that fail name the line of the import", async () => {
    const { failure } = await cells.run("1;\nimport { nothing } from 'node:path'; nothing");
    expect(failure?.evalue).toContain("(line 2, column 10)");
  });
});
