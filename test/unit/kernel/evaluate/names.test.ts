import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells, shownText } from "../../../support/cells.js";

const earlier =
  "const a = 1; let b = 2; function f() { return 3 } class C { n = 4 }; type T = { a: string }; enum E { a = 5 }";

describe.each([["typescript"], ["tslab"]])(
  "names that the code around a cell uses, with the evaluator %s",
  (evaluator) => {
    let cells: Cells;
    beforeAll(async () => {
      cells = await openCells({ environment: { MINDFORMERS_LAB_EVALUATOR: evaluator } });
      await cells.run(earlier);
    });
    afterAll(() => cells.close());

    it.each([
      ["a parameter", "((exports: any) => [a, b, f(), new C().n, exports])(0)", "[ 1, 2, 3, 4, 0 ]"],
      ["a parameter with a default", "((exports = a) => [exports, b])()", "[ 1, 2 ]"],
      ["a part of a pattern", "(({ exports }: any) => [a, exports])({ exports: 7 })", "[ 1, 7 ]"],
      [
        "a part of a pattern with default",
        "(({ exports = b, ...rest }: any) => [a, exports, rest])({ q: 7 })",
        "[ 1, 2, { q: 7 } ]",
      ],
      ["an array pattern", "(([exports, ...require]: any) => [a, exports, require])([6, 7])", "[ 1, 6, [ 7 ] ]"],
      [
        "a variable of a block",
        "let r1; { const exports = 8; r1 = [a, exports, { exports }] }\nr1",
        "[ 1, 8, { exports: 8 } ]",
      ],
      ["a catch variable", "let r2; try { throw 9 } catch (exports) { r2 = [a, exports] }\nr2", "[ 1, 9 ]"],
      ["a function", "(() => { function exports() { return 10 }\nreturn [a, exports()] })()", "[ 1, 10 ]"],
      ["a class", "(() => { class exports { n = 10 }\nreturn [a, new exports().n] })()", "[ 1, 10 ]"],
      ["a variable of a loop", "const r3 = []; for (const exports of [1, 2]) r3.push(exports + a); r3", "[ 2, 3 ]"],
      ["a label", "let r4 = 0; exports: for (;;) { for (;;) { r4 = a; break exports } }\nr4", "1"],
      ["a member", "class M1 { exports = a; get require() { return this.exports } }\nnew M1().require", "1"],
      ["a key", "({ exports: a, require: b })", "{ exports: 1, require: 2 }"],
      [
        "a variable assigned to by destructuring",
        "(() => { let exports: any; ({ exports } = { exports: 7 } as any); return [a, exports] })()",
        "[ 1, 7 ]",
      ],
      [
        "a variable assigned to by destructuring with default",
        "(() => { let exports: any; ({ exports = b } = {} as any); return [a, exports] })()",
        "[ 1, 2 ]",
      ],
      ["a type query", "(() => { let exports = 1; let o: typeof exports = 3; return [a, o] })()", "[ 1, 3 ]"],
      [
        "a parameter beside a live variable of the cell",
        "let own1 = 5; const read1 = (exports: any) => [own1, exports];\nown1 = 6; read1(1)",
        "[ 6, 1 ]",
      ],
    ])("exports may be %s", async (_, code, shown) => {
      expect(await shownText(cells, code)).toBe(shown);
    });

    it.each([
      [
        "require as a parameter of a function that imports",
        "await (async (require: any) => (await import('node:path')).join('a', 'b') + require)(1)",
        "'a/b1'",
      ],
      [
        "module, __filename and __dirname as parameters",
        "((module: any, __filename: any, __dirname: any) => [a, module, __filename, __dirname])(1, 2, 3)",
        "[ 1, 1, 2, 3 ]",
      ],
      ["arguments", "(function (..._: any[]) { return [a, arguments.length] })(1, 2)", "[ 1, 2 ]"],
      [
        "$cellFlag and $cellGuard as parameters of a function with a loop",
        "await (async ($cellFlag: any, " +
          "$cellGuard: any) => { for (let i = 0; i < 2; i++) await i; return [a, $cellFlag, $cellGuard] })(1, 2)",
        "[ 1, 1, 2 ]",
      ],
    ])("%s", async (_, code, shown) => {
      expect(await shownText(cells, code)).toBe(shown);
    });
  },
);

describe("names of a notebook", () => {
  let cells: Cells;
  beforeAll(async () => {
    cells = await openCells();
    await cells.run(earlier);
  });
  afterAll(() => cells.close());

  it.each([
    ["a parameter", "((a: number) => a)(9)", "9"],
    ["a parameter that its default uses from outside", "((x = a, y = x) => [x, y])()", "[ 1, 1 ]"],
    ["a catch variable", "let r5; try { throw 9 } catch (a) { r5 = a }\nr5", "9"],
    [
      "a variable that is hoisted",
      "(() => { const first = typeof a; var a = 5; return [first, a] })()",
      "[ 'undefined', 5 ]",
    ],
    ["a label", "let r6 = 0; a: for (;;) { for (;;) { r6 = a; break a } }\nr6", "1"],
    [
      "members of a class",
      "class M2 { a = a; static b = b; #f = f(); get f() { return this.#f } }\nconst m2 = new M2(); [m2.a, M2.b, m2.f]",
      "[ 1, 2, 3 ]",
    ],
    [
      "a parameter property",
      "class M3 { constructor(private a: number) { a++; this.a += a } get() { return this.a + b } }\nnew M3(1).get()",
      "5",
    ],
    ["computed keys and keys", "({ [a]: a, a: b, a2: { a } })", "{ '1': 1, a: 2, a2: { a: 1 } }"],
    ["a shorthand in a pattern with a default", "(({ a = b, c = a }: any) => [a, c])({})", "[ 2, 2 ]"],
    ["a default in a pattern of an assignment", "let q7: any; ({ q7 = a } = {} as any); q7", "1"],
    [
      "a nested pattern",
      "const { o: { p: p8 = a } = {} as any, ...r8 } = { z: b } as any; [p8, r8]",
      "[ 1, { z: 2 } ]",
    ],
    ["typeof", "[typeof a, typeof f, typeof C]", "[ 'number', 'function', 'function' ]"],
    [
      "type queries",
      "let t9: typeof a = 1; const u9: ReturnType<typeof f> = 3; const v9: T['a'] = 'x'; [t9, u9, v9]",
      "[ 1, 3, 'x' ]",
    ],
    ["templates", "`$" + "{a}$" + "{`$" + "{b}`}` + String.raw`\\$" + "{f()}`.length", "'127'"],
    [
      "a tag",
      "const tag10 = (s: TemplateStringsArray, ...v: any[]) => [s.raw.join('|'), ...v]; tag10`x$" + "{a}y`",
      "[ 'x|y', 1 ]",
    ],
    ["generics", "const id11 = <T,>(x: T) => x; [id11<number>(a), id11<T>({ a: 's' })]", "[ 1, { a: 's' } ]"],
    ["an enum's members", "enum E12 { a = 3, b = a, c = b }\n[E12.b, E12.c, a, E.a]", "[ 3, 3, 1, 5 ]"],
    ["a namespace", "namespace N13 { export const a = 7; export const two = a + b }\n[N13.two, a]", "[ 9, 1 ]"],
    [
      "the name of a function expression",
      "(function a(n: number): any { return n === 0 ? typeof a : a(n - 1) })(2)",
      "'function'",
    ],
    ["operators that assign", "(() => { b += 1; b++; --b; b ??= 9; b ||= 8; b **= 1; return b })()", "3"],
    ["delete and in", "const o14: any = { a: 1 }; delete o14.a; ['a' in o14, a]", "[ false, 1 ]"],
    ["a for loop over an earlier variable", "for (b of [4, 2]); b", "2"],
    ["optional calls", "[(f as any)?.(), (null as any)?.[a]]", "[ 3, undefined ]"],
    ["this of a called function", "(f as any).call({ x: 1 })", "3"],
    [
      "new.target and extends",
      "class D15 extends C { t; constructor() { super(); this.t = new.target === D15 } }\n[new D15().n, new D15().t]",
      "[ 4, true ]",
    ],
    [
      "async generators",
      "async function* g16() { for (const x of [a, b]) yield x }\n" +
        "const r16 = []; for await (const x of g16()) r16.push(x); r16",
      "[ 1, 2 ]",
    ],
    ["an accessor", "({ get a() { return a }, set a(v) {}, f() { return f() } }).f()", "3"],
    ["a satisfies and an as", "[(a satisfies number), (a as any as string), a!]", "[ 1, 1, 1 ]"],
  ])("an earlier name and %s", async (_, code, shown) => {
    expect(await shownText(cells, code)).toBe(shown);
  });

  it.each([
    ["const exports", "const exports = { x: 1 }; const fx = () => exports.x", "[exports.x, fx()]", "[ 1, 1 ]"],
    ["let exports", "let exports = 3; const gx = () => exports", "exports++; [exports, gx()]", "[ 4, 4 ]"],
    ["function exports", "function exports() { return 5 }", "exports()", "5"],
    ["class exports", "class exports { static x = 6 }", "exports.x", "6"],
    [
      "require",
      "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
      "[typeof require.resolve, require('node:path').join('a', 'b')]",
      "[ 'function', 'a/b' ]",
    ],
    ["import with the name exports", "import { join as exports } from 'node:path'", "exports('a', 'b')", "'a/b'"],
    [
      "the usual lines for __filename",
      "import { fileURLToPath } from 'node:url'; import { dirname } from 'node:path';\n" +
        "const __filename = fileURLToPath(import.meta.url); const __dirname = dirname(__filename);",
      "__dirname === process.cwd()",
      "true",
    ],
    ["module", "const module = { a: 1 }", "module", "{ a: 1 }"],
    ["$cellFlag", "const $cellFlag = 7; for (let i = 0; i < 2; i++);", "$cellFlag", "7"],
    [
      "pattern",
      "const { exports, require: [require] } = { exports: 1, require: [2] }",
      "[exports, require]",
      "[ 1, 2 ]",
    ],
    [
      "live pattern",
      "let { exports, require: [require], ...module } = { exports: 1, require: [2], z: 3 }",
      "require = 9; [exports, require, module]",
      "[ 1, 9, { z: 3 } ]",
    ],
    [
      "ambient",
      "declare const require: any; const p1 = require('node:path')",
      "p1.join('a', require('node:path').sep)",
      "'a/'",
    ],
  ])("may declare %s", async (_, code, after, shown) => {
    await cells.run(code).then((run) => expect(run.failure?.traceback.join("\n")).toBeUndefined());
    expect(await shownText(cells, after)).toBe(shown);
  });

  it("that begin with two underscores reach later cells: `__dirname is not defined`", async () => {
    await cells.run("const __a = 1; let __b = 2; function __f() { return __a + __b }");
    expect(await shownText(cells, "__b = 5; [__a, { __b }, __f()]")).toBe("[ 1, { __b: 5 }, 6 ]");
  });

  it("called exports or require are at the place where the cell has them, in errors too", async () => {
    const { failure } = await cells.run(
      "const exports = 1; ((require) => { throw new Error(String(require + exports)) })(1)",
    );
    expect(failure?.traceback.join("\n")).toContain("  > 1 | const exports = 1; ((require) => { throw");
    expect(failure?.traceback.join("\n")).toMatch(/\n {6}\| {42}\^/);
    expect(await shownText(cells, "exports")).toBe("1");
  });

  it("of CommonJS are there, as for a file beside the notebook", async () => {
    const code = "[__dirname === process.cwd(), __filename === import.meta.filename, require.resolve('node:fs')]";
    expect(await shownText(cells, code)).toBe("[ true, true, 'node:fs' ]");
  });

  it("may be require and exports in the user's own files, too", async () => {
    cells.write(
      "own/own.ts",
      [
        'import { createRequire } from "node:module";',
        'import { fileURLToPath } from "node:url";',
        "const require = createRequire(import.meta.url);",
        "const __filename = fileURLToPath(import.meta.url);",
        "export const own: string = __filename;",
        "export let count = 1;",
        'export const load = async (require: number) => ((await import("node:path")).join("a", "b")) + require;',
        "export const next = (exports: number) => (count += exports);",
        'export const sep: string = require("node:path").sep;',
      ].join("\n"),
    );
    const code = "import { load, next, sep, own } from './own/own.js'; [next(1), next(2), sep, await load(5), own]";
    expect(await shownText(cells, code)).toBe(`[ 2, 4, '/', 'a/b5', '${join(cells.folder, "own/own.ts")}' ]`);
  });
});
