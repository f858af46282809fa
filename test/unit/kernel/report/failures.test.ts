import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells, shownText } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

describe("what a cell throws", () => {
  it.each([
    [
      "a getter of `name` that throws",
      "const e = new Error('x'); Object.defineProperty(e, 'name', { get() { throw 1 } }); throw e",
      "Error",
      "x",
    ],
    [
      "a getter of `message` that throws",
      "class M extends Error { get message(): string { throw 1 } }\nthrow new M()",
      "M",
      "",
    ],
    [
      "a getter of `stack` that throws",
      "class S extends Error { get stack(): string { throw 1 } }\nthrow new S('s')",
      "S",
      "s",
    ],
    ["nothing that could be changed", "throw Object.freeze(new RangeError('frozen'))", "RangeError", "frozen"],
  ])("may have %s", async (_, code, ename, evalue) => {
    expect((await cells.run(code)).failure).toMatchObject({ ename, evalue });
  });

  it.each([
    ["a script", "throw new Error('here')"],
    ["a cell with an await", "await 1; throw new Error('here')"],
    ["TypeScript", "const n: number = 1; throw new Error('here')"],
  ])("at the top level of %s has one place: the line stood there twice", async (_, code) => {
    const { traceback = [] } = (await cells.run(code)).failure ?? {};
    expect(traceback.filter((line) => /Cell \[\d+\], line/.test(line))).toHaveLength(1);
  });

  it("with a message of millions of characters shows the first 100,000 and says how many more there are", async () => {
    const { evalue = "", traceback = [] } = (await cells.run("throw new Error('m'.repeat(3e6))")).failure ?? {};
    expect(evalue).toMatch(/^m{100000} … and 2,900,000 more characters$/);
    expect(traceback.join("\n").length).toBeLessThan(101_000);
  });

  it("in a line of a million characters shows the part around the place: all of it stood there, twice", async () => {
    const { traceback = [] } = (await cells.run(`"${"🎉".repeat(5e5)}"; throw new Error('here')`)).failure ?? {};
    const text = traceback.join("\n");
    expect(text.length).toBeLessThan(1500);
    const row = traceback.findIndex((line) => line.includes("throw new Error"));
    const mark = traceback[row + 1]?.indexOf("^") ?? -1;
    expect(traceback[row]?.slice(mark)).toMatch(/^(?:throw |new )?(?:new )?Error\('here'\)/);
    expect(text).not.toMatch(/\p{Surrogate}/u);
  });

  it("that the checker refuses for a line of a million characters shows a part of it", async () => {
    const { evalue = "", traceback = [] } = (await cells.run(`const n: "b" = "${"a".repeat(1e6)}"`)).failure ?? {};
    expect(evalue).toContain(`is not assignable to type '"b"'. (line 1, column 7)`);
    expect(evalue.length + traceback.join("\n").length).toBeLessThan(10_000);
  });

  it("with 5,000 causes, or parts within parts, shows 30 errors: all of them stood there", async () => {
    const chain = "let e = new Error('0'); for (let k = 1; k < 5000; k++) e = new Error(String(k), { cause: e });";
    const { traceback = [] } = (await cells.run(`${chain} throw e`)).failure ?? {};
    expect(traceback.filter((line) => /^Caused by Error: \d+$/.test(line))).toHaveLength(29);
    expect(traceback.at(-1)).toBe("and more of them, not shown");
    const tree =
      "const tree = (depth: number): Error => depth === 0 ? new Error('leaf') : " +
      "new AggregateError(Array.from({ length: 5 }, () => tree(depth - 1)), 'x'.repeat(20_000)); throw tree(5)";
    const { failure } = await cells.run(tree);
    expect(failure?.traceback.join("\n").length).toBeLessThan(200_100);
  });

  it("with a name or a hint of millions of characters shows the beginning of each", async () => {
    const { failure } = await cells.run(
      "throw Object.assign(new Error('m'), { name: 'n'.repeat(3e6), hint: 'h'.repeat(3e6) })",
    );
    expect(failure?.ename).toMatch(/^n{200} … and 2,999,800 more characters$/);
    expect(failure?.evalue.length).toBeLessThan(10_100);
  });

  it("names itself only once where a promise is rejected by another error", async () => {
    const { failure } = await cells.run(
      "await Promise.any([Promise.reject(new Error('r1')), Promise.reject(new TypeError('r2'))])",
    );
    expect(failure?.traceback.filter((line) => /^One of them/.test(line))).toEqual([
      "One of them Error: r1",
      "One of them TypeError: r2",
    ]);
  });
});

describe("a cell that can't be checked", () => {
  it.each([
    ["brackets", `${"(".repeat(9000)}1${")".repeat(9000)}`],
    ["operators", `1${"+1".repeat(40_000)}`],
  ])("because of thousands of %s in each other says that, and the next cell runs", async (_, code) => {
    const { failure } = await cells.run(code);
    expect(failure?.evalue).toMatch(/^the cell is nested too deeply to be checked/);
    expect(failure?.traceback.join("\n")).not.toContain("    at ");
    expect(await shownText(cells, "1 + 1")).toBe("2");
  });

  it.each([
    ["a zero-width space, which the compiler takes for white space", "const width\u200b = 5; width", "5"],
    ["a byte order mark", "\ufeffconst bom = 6; bom", "6"],
    ["2,050 changes of one variable", `let changed = 0\n${"changed++\n".repeat(2050)}changed`, "2050"],
    ["line ends of Windows", "const windows = `a\r\nb`;\r\nwindows.length", "3"],
  ])("isn't one with %s", async (_, code, shown) => {
    expect(await shownText(cells, code)).toBe(shown);
  });
});

describe("what the compiler accepts and V8 refuses", () => {
  it.each([
    ["a label that is declared twice", "// @ts-nocheck\nlet n = 1\n  foo: foo: 1", [3, "       ^"]],
    ["a break outside of a loop, after an await", "// @ts-nocheck\nawait 1; break", [2, "         ^"]],
    ["a function as the body of an if", "if (1) function f() {}", [1, "       ^"]],
  ] as const)("is shown at its place, such as %s: it was a bare SyntaxError", async (_, code, [line, mark]) => {
    const { ename, traceback = [] } = (await cells.run(code)).failure ?? {};
    expect(ename).toBe("SyntaxError");
    expect(traceback[1]).toMatch(new RegExp(`^Cell \\[\\d+\\], line ${line}$`));
    expect(traceback.find((row) => row.endsWith("^"))).toBe(`      | ${mark}`);
  });
});

it("an error that a cell has thrown is printed as Node prints it: the script's line stood before it", async () => {
  const run = await cells.run("const kept: any = new Error('k'); try { await 0; throw kept } finally { throw kept }");
  expect(run.status).toBe("error");
  expect((await cells.run("throw kept")).status).toBe("error");
  const printed = (await cells.run("console.log(kept, { kept })")).stream("stdout");
  expect(printed).toMatch(/^Error: k\n {4}at Cell /);
  expect(printed).not.toMatch(/jupyter-cell|function\(exports/);
});

describe("a finding says what to type instead", () => {
  it.each([
    ["of JSX", "const el = <div>hi</div>", "JSX"],
    ["of a JSX element alone", "const el = <Foo bar={1} />", "JSX"],
    ["of an object at the start of a cell", "{ a: 1, b: 2 }", "({ … })"],
    ["of IPython's question mark", "Math.max?", "Shift-Tab"],
    ["of IPython's two question marks", "??Math.max", "Shift-Tab"],
    ["of a thread without its import", "new Worker('./a.js')", 'import { Worker } from "node:worker_threads"'],
    ["of a browser's name", "document.title", `/// <reference lib="dom" />`],
  ])("%s", async (_, code, hint) => {
    const lines = (await cells.run(code)).failure?.evalue.split("\n") ?? [];
    expect(lines.at(-1)).toContain(hint);
    expect(lines.join()).not.toContain("compiler option");
  });

  it.each([
    "const n: number = 'a'",
    "if (1 < 2) { const y = 3 / 4 > 1",
    "function f() { a: 1, b: 2 }",
    "const x = 1 ?",
  ])("and nothing of `%s`", async (code) => {
    expect((await cells.run(code)).failure?.evalue).not.toMatch(/JSX|parentheses|Shift-Tab|reference lib/);
  });
});

it("import.meta.resolve gives the URL of a module as the notebook's folder sees it", async () => {
  cells.write("here.ts", "export const here = 1;");
  const shown = await shownText(cells, `[import.meta.resolve("fs"), import.meta.resolve("./here.ts")].join(" ")`);
  expect(shown).toMatch(/^'node:fs file:\/\/\/.*\/work\/here\.ts'$/);
});

describe("own properties of an error", () => {
  const shown = async (code: string) => (await cells.run(code)).failure?.traceback.join("\n");

  it.each([
    [
      "code and status",
      "Object.assign(new Error('e'), { code: 'E_X', status: 404 })",
      /\{ code: 'E_X', status: 404 \}/,
    ],
    ["those of a system error", "require('node:fs').readFileSync('/nowhere')", /code: 'ENOENT',\s+syscall: 'open'/],
    ["a cause with properties", "new Error('e', { cause: { status: 500 } })", /Caused by Object: \{ status: 500 \}/],
    [
      "those of a cause",
      "new Error('e', { cause: Object.assign(new Error('c'), { retries: 3 }) })",
      /Caused by Error: c[\s\S]*\{ retries: 3 \}/,
    ],
    [
      "those of the parts",
      "new AggregateError([Object.assign(new Error('p'), { n: 1 })], 'all')",
      /One of them Error: p[\s\S]*\{ n: 1 \}/,
    ],
    [
      "those of an error of another context",
      "require('node:vm').runInNewContext('Object.assign(new TypeError(1), { code: 7 })')",
      /\{ code: 7 \}/,
    ],
    ["those of an object with a message", "{ message: 'm', code: 5 }", /^Object: m\n\{ code: 5 \}$/],
    [
      "`errors` that are no list",
      "Object.assign(new Error('e'), { errors: { a: ['b'] } })",
      /\{ errors: \{ a: \[ 'b' \] \} \}/,
    ],
    ["a `hint` that is no text", "Object.assign(new Error('e'), { hint: 5 })", /\{ hint: 5 \}/],
    [
      "the number of parts left out",
      "new AggregateError(Array(9).fill(0).map(() => new Error('p')), 'all')",
      /and 4 more/,
    ],
  ])("%s stand in the traceback: they were lost", async (_, error, expected) => {
    expect(await shown(`throw ${error}`)).toMatch(expected);
  });

  it("stand below an error that is shown as a value", async () => {
    expect((await cells.run("Object.assign(new TypeError('t'), { code: 7 })")).text).toMatch(
      /TypeError: t[\s\S]*\{ code: 7 \}/,
    );
  });

  it("that lead nowhere are left out: the error itself, the file of the cell that asked for a module", async () => {
    expect(await shown("require('node:child_process').execFileSync('/nowhere')")).not.toContain("error:");
    const missing = await shown("require('./nowhere')");
    expect(missing).toContain("{ code: 'MODULE_NOT_FOUND' }");
    expect(missing).not.toContain("cell.js");
  });

  it("may be left to the error's own util.inspect.custom", async () => {
    const code =
      "class Own extends Error { [require('node:util').inspect.custom]() { return 'own text' } } new Own('m')";
    expect((await cells.run(code)).text).toBe("own text");
  });

  it("are bounded, and may have getters that throw", async () => {
    const large = "Object.assign(new Error('e'), Object.fromEntries(Array(50000).fill(0).map((_, k) => ['k' + k, k])))";
    expect((await shown(`throw ${large}`))?.length).toBeLessThan(15_000);
    const trap = "Object.defineProperty(new Error('e'), 'cause', { get() { throw 1 }, enumerable: true })";
    expect(await shown(`throw ${trap}`)).toMatch(/^Error: e/);
  });

  it("of an error that was written for people, with its code as name and a hint, are left to its message", async () => {
    const error = "Object.assign(new Error('m'), { name: 'BAD', code: 'BAD', hint: 'type this', details: { a: 1 } })";
    expect(await shown(`throw ${error}`)).not.toMatch(/^\{/m);
  });
});
