import { createRequire } from "node:module";
import { inspect } from "node:util";
import typescript from "typescript";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cells, openCells } from "../../support/cells.js";
import { pick, seededRandom } from "../../support/random.js";

// Cells of every kind of statement before every kind of last expression, with as little between them as the language
// allows, against the same text as a module of its own. KERNEL_CELLS and KERNEL_SEED run more of them, or others.
const count = Number(process.env.KERNEL_CELLS ?? 2000);
const seed = Number(process.env.KERNEL_SEED ?? 20261128);

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

/** `A` is a name that the statement declares with a value. */
const declarations = [
  "const A = 1",
  "const A = [1]",
  'const A = "x"',
  "let A = 2",
  "let A: number = 3",
  "var A = 4",
  "const A = 5, B = 6",
  "let A = 7, B = 8",
  "const { A } = { A: 9 }",
  "let [A] = [10]",
  "function A() { return 11 }",
  "async function A() { await 0 }",
  "function* A() { yield 1 }",
  "class A { static n = 12 }",
  "abstract class A { abstract n: number }",
  "enum A { x = 13 }",
  "namespace A { export const n = 14 }",
  'import { sep as A } from "node:path"',
  'import A from "node:path"',
  "const A = await Promise.resolve(15)",
  "let A = await 16",
  "const A = () => { for (;;) return 17 }",
  "const A = async () => { await 0 }",
  "export const A = 18",
  "export let A = 19",
  "export function A() {}",
  "const A = function () { return this }",
  "const A = class {}",
  "const A = <number>20",
  "const A = 21 as number",
  "const A = { a: 22 } satisfies object",
] as const;

const others = [
  "for (let i = 0; i < 2; i++) void i",
  "for (const i of [1, 2]) for (const k of [i]) void k",
  "for (const i in { a: 1 }) { void i }",
  "for await (const i of [1]) void i",
  "while (false) {}",
  "do void 0; while (false)",
  "do {} while (false)",
  "if (true) {} else {}",
  "if (true) void 0; else void 1",
  "{ void 0 }",
  "try { throw 1 } catch {}",
  "try { await 0 } finally {}",
  "switch (1) { case 1: }",
  "label: for (;;) break label",
  "await 0",
  "void 0",
  '"use strict"',
  "interface I { n: number }",
  "type T = number",
  "declare const D: number",
  "export {}",
  'import "node:path"',
  'import type { Stats as T } from "node:fs"',
  "for (const i of [await 1]) await i",
  "while (await false);",
] as const;

const lasts = [
  "Q",
  "[Q].length",
  "(() => Q)()",
  "`$" + "{String(typeof Q)}`",
  "+1",
  "-1",
  "/a/.test('a')",
  "({ a: 1 })",
  "({ Q })",
  "[1, 2]",
  "'text'",
  "new Map([[1, 2]])",
  "await 1",
  "await import('node:path').then(({ sep }) => sep)",
  "(await import(await Promise.resolve('node:path'))).sep",
  "typeof Q",
  "Q as any",
  "!Q",
  "void 0",
  "async () => 1",
  "(class {})",
  "(function () { for (;;) return 1 })()",
  "(() => { while (true) break; return typeof Q })()",
  "true ? 2 : 3",
  "[1, 2].map((x) => x + 1)",
  "String.raw`a`",
  "(async () => { for (const x of [1]) return await x; })()",
] as const;

const separators = [";", "\n;", ";\n", ";;", "/* c */;", "; // c\n", ";/* c */"] as const;
const ends = ["", ";", "\n", " // c", "\n// c", "/* c */", ";;"] as const;

function randomCell(random: () => number): string {
  const parts: string[] = [];
  const names = ["a", "b", "c", "d", "e"];
  let last = "0";
  for (let statements = Math.floor(random() * 4); statements > 0; statements--) {
    if (random() < 0.4) parts.push(pick(others, random).replaceAll(/\b[DT]\b/g, `$&${parts.length}`));
    else {
      const [A, B] = [names.shift() ?? "x", names.shift() ?? "y"];
      parts.push(pick(declarations, random).replaceAll(/\bA\b/g, A).replaceAll(/\bB\b/g, B));
      last = A;
    }
    parts.push(pick(separators, random));
  }
  const lead = random() < 0.1 ? pick(["// c\n", "/* c */", "#!x\n", ";", "\n"], random) : "";
  const expression = pick(lasts, random);
  // `({ Q })` needs a name.
  const named = last === "0" && expression === "({ Q })" ? "Q" : expression;
  if (named === "Q" && last === "0") return `${lead}${parts.join("")}0${pick(ends, random)}`;
  return `${lead}${parts.join("")}${named.replaceAll(/\bQ\b/g, last)}${pick(ends, random)}`;
}

const require = createRequire(import.meta.url);
const options = {
  module: typescript.ModuleKind.CommonJS,
  target: typescript.ScriptTarget.ES2022,
  esModuleInterop: true,
};

/** The value of the last expression, by way of the syntax tree: no text is put into the text. */
async function valueAsModule(code: string): Promise<unknown> {
  const { factory } = typescript;
  const keepLast: typescript.TransformerFactory<typescript.SourceFile> = () => (file) => {
    const last = file.statements.findLastIndex((one) => !typescript.isEmptyStatement(one));
    const kept = file.statements.map((statement, index) => {
      if (index !== last || !typescript.isExpressionStatement(statement)) return statement;
      const place = factory.createIdentifier("kept.value");
      return factory.createExpressionStatement(factory.createAssignment(place, statement.expression));
    });
    return factory.updateSourceFile(file, kept);
  };
  const { outputText } = typescript.transpileModule(code.replace(/^#!/, "//"), {
    compilerOptions: options,
    transformers: { before: [keepLast] },
  });
  const kept: { value?: unknown } = {};
  const run = new Function("exports", "require", "kept", `return (async () => {${outputText}\n})()`);
  await run({}, require, kept);
  return kept.value;
}

it(`${count} cells without spaces between statements give what the same text gives as a module: valid cells were refused`, async () => {
  const random = seededRandom(seed);
  const wrong: unknown[] = [];
  for (let k = 0; k < count && wrong.length < 10; k++) {
    const code = randomCell(random);
    const value = await valueAsModule(code);
    const expected = value === undefined ? undefined : inspect(await value);
    const { failure, text } = await cells.run(code);
    if (failure !== undefined || text !== expected) wrong.push({ code, expected, text, failure: failure?.evalue });
  }
  expect(wrong).toEqual([]);
}, 3_600_000);
