import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells, shownText } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

const text = (code: string): Promise<string | undefined> => shownText(cells, code);

describe("the last expression of a cell", () => {
  it.each([
    ["1 + 1", "2"],
    ["'a' + 'b'", "'ab'"],
    ["await Promise.resolve([1, 2])", "[ 1, 2 ]"],
    ["Promise.resolve([1, 2])", "[ 1, 2 ]"],
    ["({ a: { b: 1 } })", "{ a: { b: 1 } }"],
    ["new Uint8Array([1, 2, 3])", "Uint8Array(3) [ 1, 2, 3 ]"],
    ["new Map([['a', 1]])", "Map(1) { 'a' => 1 }"],
    ["new Set([1])", "Set(1) { 1 }"],
    ["new Date(0)", "1970-01-01T00:00:00.000Z"],
    ["123n", "123n"],
    ["false", "false"],
    ["0;", "0"],
    ["const v = 5; v", "5"],
  ])("%s shows as %s, without colors", async (code, shown) => {
    expect(await text(code)).toBe(shown);
  });

  it.each(["undefined", "const a = 1", "if (true) { 1 }", "", "// only a comment", "console.debug()"])(
    "of `%s` shows nothing",
    async (code) => {
      expect(await text(code)).toBeUndefined();
    },
  );

  it("shows itself through Symbol.for('Jupyter.display'), also with a promise of a bundle", async () => {
    const run = await cells.run(
      `({ [Symbol.for("Jupyter.display")]: async () => ({ "text/plain": "me", "text/html": "<b>me</b>" }) })`,
    );
    expect(run.result).toEqual({ "text/plain": "me", "text/html": "<b>me</b>" });
  });

  it("that is an error shows message and the user's frames, none of Node's", async () => {
    const shown = await text(`function make() { return new RangeError("too far") }\nmake()`);
    expect(shown).toContain("RangeError: too far");
    expect(shown).toMatch(/Cell \[\d+\], line 1 in make/);
    expect(shown).not.toMatch(/node:|node_modules|vm/);
  });
});

describe("await at the top level", () => {
  it.each([
    ["in `for await` as the only await of the cell", "let sum = 0; for await (const x of [1, 2]) sum += x; sum", "3"],
    ["before a parenthesis", "const f1 = async () => 4; const a1 = await (f1()); a1", "4"],
    ["of an async function called at once", "const a2 = await (async () => { await 1; return 5 })(); a2", "5"],
    ["in a template", "`a$" + "{await (Promise.resolve(6))}`", "'a6'"],
    ["of an array literal", "(await [7])[0]", "7"],
    ["in a loop's head", "let s4 = 0; for (const x of await (Promise.resolve([8]))) s4 += x; s4", "8"],
    ["beside a class with async methods", "class Q { async m() { return await 9 } }\nawait new Q().m()", "9"],
    ["in a block", "let b5; { b5 = await 10 }\nb5", "10"],
    ["nested in an await", "await (await Promise.resolve(Promise.resolve(11)))", "11"],
    [
      "with try and finally",
      "let t6 = ''; try { await Promise.reject(1) } catch { t6 += await 'c' } finally { t6 += await 'f' }\nt6",
      "'cf'",
    ],
  ])("works %s", async (_, code, shown) => {
    expect(await text(code)).toBe(shown);
  });

  it("in a method that isn't async is refused with its place, not as a syntax error of generated code", async () => {
    const { failure } = await cells.run("const p = {\n  m() { await 1 },\n};");
    expect(failure?.ename).toBe("TypeScriptError");
    expect(failure?.evalue).toContain("line 2, column 9");
  });
});

describe("names of earlier cells", () => {
  it("can stand alone in an object literal: `({ data })` gave a ReferenceError", async () => {
    await cells.run("const data = [1, 2];");
    expect(await text("({ data })")).toBe("{ data: [ 1, 2 ] }");
    expect(await text("[{ data, n: 1 }].map(({ data }) => data.length)")).toBe("[ 2 ]");
  });

  it("can be property names in destructuring: `const { data: d } = box` gave a syntax error", async () => {
    await cells.run("const data = 0; interface Box { data: number }; const box: Box = { data: 3 };");
    expect(await text("const { data: d } = box; d")).toBe("3");
    expect(await text("let e = 0; ({ data: e } = box); e")).toBe("3");
  });

  it("can be assigned to by destructuring", async () => {
    await cells.run("let first = 1, second = 2;");
    expect(await text("({ first, second = 9 } = { first: 5 } as any); [first, second]")).toBe("[ 5, 9 ]");
    expect(await text("[first, second] = [second, first]; first")).toBe("9");
  });

  it.each([
    ["const", "const again = 1", "const again = 'a'; again", "'a'"],
    ["let", "let again2 = 1", "let again2 = 'b'; again2", "'b'"],
    ["function", "function again3() { return 1 }", "function again3() { return 'c' }\nagain3()", "'c'"],
    ["class", "class Again { x = 1 }", "class Again { y = 'd' }\nnew Again().y", "'d'"],
    ["type", "type T1 = number", "type T1 = string; const t1: T1 = 'e'; t1", "'e'"],
    ["interface", "interface I1 { a: number }", "interface I1 { b: string }; const i1: I1 = { b: 'f' }; i1.b", "'f'"],
    ["enum", "enum E1 { A }", "enum E1 { B = 'g' }\nE1.B as string", "'g'"],
    ["import", "import { join } from 'node:path'", "import { dirname as join } from 'node:path'; join('/a/b')", "'/a'"],
  ])("can be declared again with %s", async (_, before, after, shown) => {
    await cells.run(before);
    expect(await text(after)).toBe(shown);
  });

  it("keep working in functions of their own cell when changed later", async () => {
    await cells.run("let counter = 0; function bump() { return ++counter }");
    await cells.run("counter = 10");
    expect(await text("bump()")).toBe("11");
  });

  it("keep their old value in functions of their own cell when a constant is declared again", async () => {
    await cells.run("const limit = 1; const read = () => limit");
    await cells.run("const limit = 'none'");
    expect(await text("[read(), limit]")).toBe("[ 1, 'none' ]");
  });

  it("can have been exported, as in code copied from a file", async () => {
    await cells.run("export const fromFile = 1; export function twice(x: number) { return 2 * x }");
    expect(await text("twice(fromFile)")).toBe("2");
  });

  it("survive export lists and default exports, which mean nothing in a cell", async () => {
    await cells.run("const listed = 3; export { listed }; export {};");
    expect(await text("export default listed + 1;")).toBe("4");
    expect(await text("export default function named() { return listed }\nnamed()")).toBe("3");
    expect(await text("listed")).toBe("3");
  });

  it("are variables of loops at the top level without becoming slow", async () => {
    const milliseconds = Number(
      await text(
        "const from = performance.now(); " +
          "let total = 0; for (let i = 0; i < 1e7; i++) total += i; Math.round(performance.now() - from)",
      ),
    );
    expect(milliseconds).toBeLessThan(2000);
  }, 60_000);
});

describe("a cell that fails", () => {
  it("names error, message and hint, shows the cell's own line, and hides every frame that isn't the user's", async () => {
    const { failure } = await cells.run(
      [
        "interface Shape { readonly size: number }",
        "",
        "function outer(shape: Shape) {",
        "  [shape].forEach(() => {",
        "    throw Object.assign(new TypeError('no'), { hint: 'try yes' });",
        "  });",
        "}",
        "outer({ size: 1 });",
      ].join("\n"),
    );
    expect(failure?.ename).toBe("TypeError");
    expect(failure?.evalue).toBe("no\ntry yes");
    const traceback = failure?.traceback.join("\n") ?? "";
    expect(traceback).toMatch(/^TypeError: no\ntry yes\nCell \[\d+\], line 5/);
    expect(traceback).toContain("> 5 |     throw Object.assign(new TypeError('no'), { hint: 'try yes' });");
    expect(traceback).toMatch(/at Cell \[\d+\], line 4 in outer\n {4}at Cell \[\d+\], line 8$/);
  });

  it("has the name of its class, if the class didn't set one", async () => {
    const { failure } = await cells.run("class NoFuel extends Error {}\nthrow new NoFuel('empty')");
    expect(failure).toMatchObject({ ename: "NoFuel", evalue: "empty" });
  });

  it("in an endless recursion shows each place once", async () => {
    const { failure } = await cells.run("function down(): number { return down() }\ndown()");
    expect(failure?.traceback.length).toBeLessThan(10);
    expect(failure?.traceback.join("\n")).toMatch(/… \d+ more of the same/);
  });

  it("shows the chain of causes", async () => {
    const { failure } = await cells.run(
      "const low = new RangeError('low');\nthrow new Error('high', { cause: new Error('middle', { cause: low }) });",
    );
    const traceback = failure?.traceback.join("\n");
    expect(traceback).toMatch(
      /Error: high[\s\S]*Caused by Error: middle[\s\S]*Caused by RangeError: low\nCell \[\d+\], line 1/,
    );
  });

  it("has the right line after an await and in a function of an earlier cell", async () => {
    await cells.run("\n\nfunction early() {\n  throw new Error('early');\n}");
    const { failure } = await cells.run("await 1;\n// a comment\nearly();");
    expect(failure?.traceback.join("\n")).toMatch(/Cell \[(\d+)\], line 4 in early[\s\S]*at Cell \[\d+\], line 3/);
  });

  it.each([
    ["throw 'text'", "string", "text"],
    ["throw { a: 1 }", "Object", "{ a: 1 }"],
    ["throw null", "null", "null"],
    ["throw undefined", "undefined", "undefined"],
  ])("with `%s` still has a name and a value", async (code, ename, evalue) => {
    const { failure } = await cells.run(code);
    expect(failure).toMatchObject({ ename, evalue });
  });

  it.each([
    ["an earlier cell", "early1()", "early1 is not a function"],
    ["this cell", "let now1: any; now1.then; now1()", "Cannot read properties of undefined (reading 'then')"],
    ["a variable of this cell", "let now2: any = 1; now2()", "now2 is not a function"],
    ["a member", "early2.a.b()", "early2.a.b is not a function"],
    ["a loop", "for (const x of early2) x", "early2 is not iterable"],
    ["new", "new early2.a()", "early2.a is not a constructor"],
    ["an import", "import { other } from './other.js'; other()", "other is not a function"],
  ])("names what can't be called as it was typed: of %s", async (_, code, evalue) => {
    cells.write("other.ts", "export const other: any = 1;");
    await cells.run("let early1: any = 1; const early2: any = { a: {} };");
    expect((await cells.run(code)).failure?.evalue).toBe(evalue);
  });

  it("by process.exit ends there, and the kernel continues", async () => {
    const run = await cells.run("console.log('before'); process.exit(3); console.log('after')");
    expect(run.failure).toMatchObject({
      ename: "ProcessExit",
      evalue: "process.exit(3) was called; the kernel continues\nto end the kernel: Kernel → Shut Down Kernel",
    });
    expect(run.stream("stdout")).toBe("before\n");
    const late = await cells.run("setTimeout(() => process.exit(), 5);");
    await cells.until(() => late.stream("stderr").includes("ProcessExit: process.exit() was called"));
    expect(await text("1 + 1")).toBe("2");
  });

  it("by its syntax tells nothing of what the kernel has put behind it", async () => {
    const { failure } = await cells.run("const fine = 1; function (");
    expect(failure?.evalue).toMatch(/^Identifier expected\. \(line 1, column 26\)/);
    expect(failure?.evalue).not.toContain("export");
  });

  it("keeps what got a value before the failure, and only that", async () => {
    await cells.run("const before = 7; const shared = 1;\nif (before) throw new Error('half-way');\nconst after = 8;");
    expect(await text("before")).toBe("7");
    expect((await cells.run("after")).failure?.evalue).toContain("Cannot find name 'after'");
  });

  it("lets printed stacks speak of cells, too", async () => {
    const run = await cells.run("\nconsole.log(new Error('seen').stack)");
    expect(run.stream("stdout")).toMatch(/Error: seen\n {4}at Cell \[\d+\]:2:13/);
    expect(run.stream("stdout")).not.toContain("jupyter-cell");
  });
});

it("a cell may begin as a script does: #!/usr/bin/env node", async () => {
  expect(await text("#!/usr/bin/env node\nconst fromScript = 1; fromScript")).toBe("1");
  expect((await cells.run("#!/usr/bin/env node\nthrow new Error('x')")).failure?.traceback[1]).toMatch(/line 2$/);
});

it("regular expressions may have the flag v", async () => {
  expect(await text("/^[\\p{L}--[a-z]]$/v.test('A')")).toBe("true");
});

it("import.meta tells the working directory", async () => {
  expect(await text("import.meta.dirname === process.cwd() && import.meta.url.startsWith('file://')")).toBe("true");
});

describe("the type checker", () => {
  it("refuses a cell before any of it has run, with code frame and position", async () => {
    const { failure } = await cells.run("globalThis.touched = 1 as never;\nconst wrong: number = 'text';");
    expect(failure?.ename).toBe("TypeScriptError");
    const checked = await cells.run("console.log('side effect');\nconst wrong: number = 'text';");
    expect(checked.stream("stdout")).toBe("");
    expect(checked.failure?.evalue).toBe("Type 'string' is not assignable to type 'number'. (line 2, column 7)");
    expect(checked.failure?.traceback.join("\n")).toContain("> 2 | const wrong: number = 'text';\n      |       ^");
  });

  it("tells those who come from IPython how to run a program, with a line that works", async () => {
    const { failure } = await cells.run("!echo from a program");
    const [, line] = /\nto run a program: (.*)$/.exec(failure?.evalue ?? "") ?? [];
    const run = await cells.run(line ?? "");
    expect(run.stream("stdout")).toBe("from a program\n");
    expect((await cells.run("%time 1")).failure?.evalue).toMatch(/\nlines that begin with % are IPython magics/);
    expect((await cells.run("const wrong: number = 'a'")).failure?.evalue).not.toMatch(/program|IPython/);
  });

  it("gives the column of the cell as typed, although `{ data }` before it was rewritten", async () => {
    await cells.run("const data = 1;");
    const { failure } = await cells.run("const o = { data, data2: 1 }; const s: string = o.data;");
    expect(failure?.evalue).toContain("(line 1, column 37)");
  });

  it.each([
    [
      "nowhere.a, nowhere.a",
      "Cannot find name 'nowhere'. (line 1, column 1)\nCannot find name 'nowhere'. (line 1, column 12)",
    ],
  ])("says once what is wrong at a place: %s", async (code, said) => {
    const { failure } = await cells.run(code);
    expect(failure?.evalue).toBe(said);
  });

  it("knows the copying array methods of Node 20", async () => {
    expect(await text("[3, 1].toSorted().with(0, 9).toReversed()")).toBe("[ 3, 9 ]");
    expect(await text("[1, 2, 3].findLast((x) => x < 3)")).toBe("2");
  });
});
