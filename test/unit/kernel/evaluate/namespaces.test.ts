import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells, shownText } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

const text = (code: string) => shownText(cells, code);

/** Runs cells one after the other; gives what the last one shows. */
async function last(...codes: readonly string[]): Promise<string | undefined> {
  let shown: string | undefined;
  for (const code of codes) shown = await text(code);
  return shown;
}

describe("a later part of a namespace uses what earlier ones export by its name alone: TS2304, cannot find name", () => {
  it.each([
    ["a constant", "export const pi = 3", "export const two = pi * 2", "two", "6"],
    ["a shorthand", "export const a = 1", "export const o = { a }", "o", "{ a: 1 }"],
    ["a variable that is assigned", "export let n = 1", "n++; n += 2; [n] = [n * 2]; ({ n } = { n: n + 1 })", "n", "9"],
    ["a variable that changes later", "export let n = 1", "export const read = () => n", "N.n = 5; N.read()", "5"],
    ["a function", "export function f(x: number) { return x + 1 }", "export const y = f(f(1))", "y", "3"],
    ["a tag", "export const t = (s: TemplateStringsArray) => s[0]", "export const y = t`a`", "y", "'a'"],
    [
      "a class, as a value, a type, and the base of another",
      "export class K { n = 1 }",
      "export class L extends K { m = 2 } export const k: K = new K(); export const is = k instanceof K",
      "[new N.L(), N.k, N.is]",
      "[ L { n: 1, m: 2 }, K { n: 1 }, true ]",
    ],
    [
      "a type and an interface",
      "export type T = { x: number }; export interface I extends T { y: number }",
      "export const i: I = { x: 1, y: 2 }; export const t: T = i",
      "t",
      "{ x: 1, y: 2 }",
    ],
    [
      "a static property, which was said to be used before its initialization",
      "export class K { static n = 1 }",
      "export const m = K.n + 1",
      "m",
      "2",
    ],
    [
      "an enum",
      "export enum E { A = 4, B }",
      "export const b: E = E.B; export const s = E[E.A]",
      "[N.b, N.s]",
      "[ 5, 'A' ]",
    ],
    ["a const enum", "export const enum E { A = 4 }", "export const a: E = E.A", "a", "4"],
    [
      "a name with typeof",
      "export const a = 1",
      "export const b: typeof a = 1; export const c = typeof a",
      "c",
      "'number'",
    ],
    ["a nested namespace", "export namespace In { export const a = 1 }", "export const b = In.a + 1", "b", "2"],
    [
      "a nested namespace that both add to",
      "export namespace In { export const a = 1 }",
      "export namespace In { export const b = a + 1 } export const c = In.a + In.b",
      "[N.c, N.In]",
      "[ 3, { a: 1, b: 2 } ]",
    ],
    [
      "an alias",
      "export namespace In { export const a = 1 } export import q = In.a",
      "export const b = q + 1",
      "b",
      "2",
    ],
    ["one of several in a statement", "export const a = 1, b = 2", "export const c = a + b", "c", "3"],
    ["one of a pattern", "export const { a, b: [b] } = { a: 1, b: [2] }", "export const c = a + b", "c", "3"],
    [
      "a name beside a parameter called like the namespace",
      "export const a = 1",
      "export const f = (N: number) => N + a",
      "f(1)",
      "2",
    ],
    [
      "a name beside a property of that name",
      "export const a = 1",
      "export const o = { a: 2, b: a }; const { a: b } = o; export const c = b",
      "[N.o, N.c]",
      "[ { a: 2, b: 1 }, 2 ]",
    ],
  ])("%s", async (title, first, second, read, shown) => {
    const name = `N${title.replaceAll(/\W/g, "")}`;
    const named = (code: string) => code.replaceAll(/\bN\b/g, name);
    await text(`namespace ${name} { ${first} }`);
    await text("1");
    await text(named(`namespace N { ${second} }`));
    expect(await text(/\bN\b/.test(read) ? named(read) : `${name}.${read}`)).toBe(shown);
  });

  it("in three parts, two in one cell, and with a dotted name", async () => {
    await text("namespace P.Q { export const a = 1 }");
    await text("namespace P.Q { export const b = a + 1 } namespace P { export const c = Q.a + Q.b }");
    expect(await text("namespace P { export namespace Q { export const d = a + b + c } } P")).toBe(
      "{ Q: { a: 1, b: 2, d: 6 }, c: 3 }",
    );
  });

  it("called like a name of the kernel's", async () => {
    await text("namespace exports { export const a = 1 }");
    expect(await text("namespace exports { export const b = a + 1 } exports")).toBe("{ a: 1, b: 2 }");
  });

  it("and sees them completed and explained", async () => {
    await text("namespace Seen { export const someLength = 1 }");
    const code = "namespace Seen { export const b = someLength }";
    const { matches } = await cells.complete(code, code.indexOf("Length"));
    expect(matches[0]?.text).toBe("someLength");
    expect(JSON.stringify(await cells.inspect(code, code.indexOf("Length")))).toContain("const Seen.someLength: 1");
  });

  it("but not what they keep for themselves", async () => {
    await text("namespace Hides { const secret = 1; export const shown = secret }");
    const { failure } = await cells.run("namespace Hides { export const more = secret }");
    expect(failure?.evalue).toContain("Cannot find name 'secret'");
    expect(await text("namespace Hides { const shown = 'own'; export const more = shown } Hides")).toBe(
      "{ shown: 1, more: 'own' }",
    );
  });
});

describe("a member that a later part exports again", () => {
  it.each([
    ["a constant", "export const a = 1, b = 2", "export const a = 'one'", "[N.a.length, N.b]", "[ 3, 2 ]"],
    [
      "a function",
      "export function f() { return 1 } export const b = 2",
      "export function f() { return 'x' }",
      "[N.f().length, N.b]",
      "[ 1, 2 ]",
    ],
    [
      "a class",
      "export class K { a = 1 } export const b = 2",
      "export class K { c = 3 }",
      "[new N.K().c, N.b]",
      "[ 3, 2 ]",
    ],
    [
      "an interface",
      "export interface I { a: 1 } export const b = 2",
      "export interface I { c: 3 }",
      "const i: N.I = { c: 3 }; [i, N.b]",
      "[ { c: 3 }, 2 ]",
    ],
    [
      "an enum",
      "export enum E { A, B } export const b = 2",
      "export enum E { B }",
      "[N.E, N.b]",
      "[ { '0': 'B', B: 0 }, 2 ]",
    ],
    [
      "a nested member",
      "export namespace In { export const a = 1, b = 2 }",
      "export namespace In { export const a = 'x' }",
      "[N.In.a.length, N.In.b]",
      "[ 1, 2 ]",
    ],
    [
      "a constant, as a namespace",
      "export const a = 1, b = 2",
      "export namespace a { export const c = 3 }",
      "[N.a.c, N.b]",
      "[ 3, 2 ]",
    ],
  ])(
    "replaces %s and nothing else: the others of its cell were lost to the checker",
    async (title, first, second, read, shown) => {
      const name = `R${title.replaceAll(/\W/g, "")}`;
      await text(`namespace ${name} { ${first} }`);
      for (let times = 0; times < 2; times++) await text(`namespace ${name} { ${second} }`);
      expect(await text(read.replaceAll(/\bN\b/g, name))).toBe(shown);
    },
  );
});

describe("a namespace", () => {
  it.each([
    ["a class", "class G { static n = 1; n = 2 }"],
    ["a function", "function G() { return 1 }"],
    ["an enum", "enum G { n = 1 }"],
    ["a constant", "const G = 1"],
  ])("takes the place of %s of an earlier cell", async (title, first) => {
    const named = (code: string) => code.replaceAll(/\bG\b/g, `G${title.replaceAll(/\W/g, "")}`);
    const cellsOf = [first, "namespace G { export const n = 3 } typeof G", "namespace G { export const m = n + 1 } G"];
    for (let times = 0; times < 2; times++) expect(await last(...cellsOf.map(named))).toBe("{ n: 3, m: 4 }");
  });

  it("stands beside a type of an earlier cell", async () => {
    await text("interface Beside { a: number }");
    expect(await text("namespace Beside { export const b: Beside = { a: 1 } } const g: Beside = Beside.b; g")).toBe(
      "{ a: 1 }",
    );
  });

  it("continues if a cell only declares types in it", async () => {
    await text("namespace Typed { export const a = 1 }");
    await text("namespace Typed { export type T = typeof a }");
    expect(await text("const t: Typed.T = Typed.a; t")).toBe("1");
    await text("declare namespace Typed { const z: number }");
    expect(await text("Typed.a")).toBe("1");
  });

  it("is there in a cell that only declares more of it: `Known is not defined`", async () => {
    await text("namespace Known { export const a = 1; export const f = () => 2; export type T = number }");
    const declared = "declare namespace Known { const z: number; namespace Inner { const q: typeof a } }";
    const uses = "const { a } = Known; const t: Known.T = 3; [a, t, Known.f(), Known.z, Object.keys({ Known })]";
    expect(await text(`${declared}\n${uses}`)).toBe("[ 1, 3, 2, undefined, [ 'Known' ] ]");
    expect(await text("Known.a")).toBe("1");
  });
});
