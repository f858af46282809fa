import typescript from "typescript";
import { beforeAll, expect, it } from "vitest";
import type { Conversion } from "../../../../kernel/evaluate/checker/cell/conversion.js";
import { type Checker, checkerOptions, createChecker } from "../../../../kernel/evaluate/checker/process/checker.js";
import { findDeclarations } from "../../../../kernel/evaluate/checker/program/libraries.js";

// Cells that nobody could interrupt run without the thread that waits for SIGINT; any other cell needs it.

let checker: Checker;
beforeAll(() => {
  checker = createChecker(checkerOptions(typescript, findDeclarations()));
  checker.answer({ kind: "open", workingDirectory: import.meta.dirname, packages: [] });
});

function isInstant(code: string): boolean {
  const { script } = checker.answer({ kind: "convert", code }) as Conversion;
  if (script === undefined) throw new Error(`refused: ${code}`);
  return script.isInstant;
}

it.each([
  "1 + 1",
  "const steps = 20, rate = 1e-3; steps * rate",
  "let name = 'layer ' + (1 + 2); name",
  "interface Shape { readonly rows: number } const shape: Shape = { rows: 3 }; shape",
  "function forever() { for (;;) {} }",
  "const later = () => { while (true) {} }",
  "const largest = Math.max(1, 2); if (largest > 1) ({ largest })",
  "",
])("over at once: %s", (code) => expect(isInstant(code)).toBe(true));

it.each([
  "for (;;) {}",
  "if (1 + 1 > 0) { while (true) {} }",
  "(() => { for (;;) {} })()",
  "'a'.repeat(1e8).match(/(a+)+b/)",
  "const [first] = { *[Symbol.iterator]() { for (;;) yield 1 } }",
  "const all = [...new Set([1])]",
  "const value: any = {}; value + 1",
  "const o = { get slow() { return 1 } }; o.slow",
  "class Heavy { static table = new Array(1e9).fill(0) }",
  "namespace Tables { export const primes = [...Array(1e8).keys()] }",
  "const long = (n: number) => n; enum Sizes { a = long(1e9) }",
  "9n ** 9_999_999n",
  "import { readFileSync } from 'node:fs'",
  "await Promise.resolve(1)",
  "new Date()",
  "const tag = (s: TemplateStringsArray) => s; tag`x`",
  "using held = { [Symbol.dispose]() { for (;;) {} } }",
  "const name = () => 'a'; const o = { [name()]() {} }",
  "throw new Error('x')",
])("may take long: %s", (code) => expect(isInstant(code)).toBe(false));
