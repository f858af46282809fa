import typescript from "typescript";
import { beforeAll, describe, expect, it } from "vitest";
import type { Conversion } from "../../../../kernel/evaluate/checker/cell/conversion.js";
import { type Checker, checkerOptions, createChecker } from "../../../../kernel/evaluate/checker/process/checker.js";
import { findDeclarations } from "../../../../kernel/evaluate/checker/program/libraries.js";

// What loops at the top level of cells keep in locals: as variables in `exports` they took up to 35 times Node's time.

let checker: Checker;
beforeAll(() => {
  checker = createChecker(checkerOptions(typescript, findDeclarations()));
  checker.answer({ kind: "open", workingDirectory: import.meta.dirname, packages: [] });
});

/** Script and captures of a cell, which later cells know. */
function converted(code: string): { readonly script: string; readonly captures: readonly string[] } {
  const { script } = checker.answer({ kind: "convert", code }) as Conversion;
  if (script === undefined) throw new Error(`refused: ${code}`);
  checker.answer({ kind: "declare", own: script.declares, captures: [] });
  return { script: script.javascript, captures: script.captures };
}

/** Names of a script's locals that stand for variables. */
function locals(code: string): string[] {
  return [...converted(code).script.matchAll(/\b(\w+) ?= ?exports\.\1\b/g)].map(([, name = ""]) => name);
}

describe("a loop keeps in locals", () => {
  it("what it assigns and reads, though it calls a function of an earlier cell", () => {
    converted("const half = (x: number) => x / 2; let a1 = 0, b1 = 0.5");
    expect(locals("for (let i = 0; i < 9; i++) { a1++; b1 += half(a1) }").sort()).toEqual(["a1", "b1", "half"]);
  });

  it("a variable that a function of another cell uses, if it runs no function", () => {
    converted("let a2 = 0; const show2 = () => a2, show3 = () => a2++; const d2 = [1, 2]");
    expect(locals("for (let i = 0; i < 9; i++) a2 += Math.sqrt(d2[i]! * d2.length)").sort()).toEqual(["a2", "d2"]);
    expect(locals("for (let i = 0; i < 9; i++) a2 += show2()")).toEqual(["show2"]);
    // A getter may stand behind a property, and `valueOf` behind any value.
    converted("const o2: { n: number } = { get n() { return show3() } }, v2: any = { valueOf: show3 }");
    expect(locals("for (let i = 0; i < 9; i++) a2 += o2.n")).toEqual(["o2"]);
    expect(locals("for (let i = 0; i < 9; i++) a2 += v2")).toEqual(["v2"]);
  });

  it("no variable of a function that `using`, an enum, or the name of a method calls", () => {
    converted("let a5 = 0; const end5 = { [Symbol.dispose]: () => void a5++ }, name5 = () => 'm' + a5");
    expect(locals("for (let i = 0; i < 9; i++) { a5++; using end = end5 }")).not.toContain("a5");
    expect(locals("for (let i = 0; i < 9; i++) { a5++; enum E { x = name5().length } }")).not.toContain("a5");
    expect(locals("for (let i = 0; i < 9; i++) { a5++; const o = { [name5()]() {} } }")).not.toContain("a5");
  });

  it("a variable that only callbacks used which nobody keeps", () => {
    const callbacks = "[1].forEach((x) => { a4 += x }); [2].map((x) => [x].filter(() => b4)); [3].sort(() => a4)";
    expect(converted(`let a4 = 0, b4 = 0; ${callbacks}`).captures).toEqual([]);
    expect(locals("for (let i = 0; i < 9; i++) { a4++; console.log(b4) }").sort()).toEqual(["a4", "b4"]);
  });
});

it.each([
  ["a callback keeps a function", "[1].map(() => () => c)"],
  ["it waits", "[1].map(async () => c)"],
  ["it is a generator", "[1].map(function* () { yield c })"],
  ["it has a name", "[1].map(function me() { return c })"],
  ["the method is one of the user's", "({ map(f: () => number) { return f } }).map(() => c)"],
  ["nobody knows the method", "(globalThis as any).list?.map(() => c)"],
])("a variable counts as used later if %s", (_, code) => {
  expect(converted(`let c = 0; ${code}`).captures).toContain("c");
});

it.each([
  ["a comment", "// Function, eval, exports", []],
  ["a type", "type F = Function", []],
  ["a method of something else", "({ eval() {} }).eval()", []],
  ["eval", "eval('0')", ["*"]],
  ["the names of the kernel", "new Function('$cellGuard.locals.a = 1')", ["*"]],
])("%s counts as access to all variables only if it is one", (_, code, captures) => {
  expect(converted(code).captures).toEqual(captures);
});
