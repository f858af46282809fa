import { createRequire } from "node:module";
import { inspect } from "node:util";
import { Script } from "node:vm";
import typescript from "typescript";
import { beforeAll, expect, it } from "vitest";
import type { Conversion } from "../../../kernel/evaluate/checker/cell/conversion.js";
import { type Checker, checkerOptions, createChecker } from "../../../kernel/evaluate/checker/process/checker.js";
import { findDeclarations } from "../../../kernel/evaluate/checker/program/libraries.js";
import { functionText } from "../../../kernel/evaluate/run/executor.js";
import { createInterrupts } from "../../../kernel/evaluate/run/interrupt.js";
import { createVariables } from "../../../kernel/evaluate/run/variables.js";
import { pick, seededRandom } from "../../support/random.js";

// Parts of namespaces in cells of their own, against the same text as a module. KERNEL_NAMESPACES and KERNEL_SEED run
// more of them, or others.
const count = Number(process.env.KERNEL_NAMESPACES ?? 200);
const seed = Number(process.env.KERNEL_SEED ?? 20261203);

const require = createRequire(import.meta.url);
const options = checkerOptions(typescript, findDeclarations());

beforeAll(() => {
  createInterrupts(new Int32Array(1), { extra: { live: () => {} } });
});

/** `X` is the new name; a number can be read from it by `read`. */
const members = [
  { text: "export const X = E", read: "X" },
  { text: "export let X = E; X += 1", read: "X" },
  { text: "export const X = E, other$X = X", read: "other$X" },
  { text: "export const { X } = { X: E }", read: "X" },
  { text: "export function X() { return E }", read: "X()" },
  { text: "export function X(N = 1, exports = 2) { return E + N + exports }", read: "X()" },
  { text: "export const X = { get n() { return E } }", read: "X.n" },
  { text: "export class X { static n = E; m = 1 }", read: "(X.n + new X().m)" },
  { text: "export enum X { a = 3, b }", read: "(X.b + X[X.a].length)" },
  { text: "export namespace X { export const n = E }", read: "X.n" },
  { text: "export const X = () => { const o = { O }; return Object.values(o).length + E }", read: "X()" },
  { text: "export type X = number; export const $X: X = E", read: "$X" },
  { text: "export interface X { n: number } export const $X: X = { n: E }", read: "$X.n" },
  { text: "const X = E; export const $X = X", read: "$X" },
] as const;

interface Known {
  readonly name: string;
  readonly read: string;
}

/** Texts of cells, each with parts of namespace `N`, of which some are within `N.Deep`. */
function randomCells(random: () => number): string[] {
  const [outer, deep]: [Known[], Known[]] = [[], []];
  let names = 0;
  const member = (inside: Known[], seen: readonly Known[]): string => {
    const X = `x${names++}`;
    const { text, read } = pick(members, random);
    const terms = [1, 2].map(() => (seen.length === 0 ? "1" : pick(seen, random).read));
    const values = seen.filter(({ name, read: one }) => one === name);
    const own = (template: string) => template.replaceAll(/\bX\b/g, X).replaceAll("$X", `_${X}`);
    inside.push({ name: X, read: own(read) });
    const shorthand = values.length === 0 ? "a: 1" : pick(values, random).name;
    return own(text).replaceAll(/\bE\b/g, terms.join(" + ")).replaceAll(/\bO\b/g, shorthand);
  };
  const part = (): string => {
    if (random() < 0.2) return `namespace N.Deep { ${member(deep, [...outer, ...deep])} }`;
    const lines = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      if (random() < 0.7) return member(outer, outer);
      return `export namespace Deep { ${member(deep, [...outer, ...deep])} }`;
    });
    return `namespace N { ${lines.join(";\n")} }`;
  };
  return Array.from({ length: 2 + Math.floor(random() * 3) }, () =>
    Array.from({ length: 1 + Math.floor(random() * 2) }, part).join("\n"),
  );
}

/** What is in a namespace, and what its functions give. */
function seen(value: unknown): string {
  const called = (one: unknown): unknown => {
    if (typeof one === "function" && !/^class/.test(String(one))) return (one as () => unknown)();
    if (typeof one !== "object" || one === null || one === Math) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, called(inner)]));
  };
  return inspect([value, called(value)], { depth: 6 });
}

function openChecker(): Checker {
  const checker = createChecker(options);
  checker.answer({ kind: "open", workingDirectory: import.meta.dirname, packages: [] });
  return checker;
}

interface Place {
  readonly name: string;
  readonly checker: Checker;
}

function asCells(cells: readonly string[], { name, checker }: Place): string {
  const variables = createVariables();
  for (const code of cells) {
    const conversion = checker.answer({ kind: "convert", code }) as Conversion;
    const { script } = conversion;
    if (script === undefined) return inspect(conversion);
    checker.answer({ kind: "declare", own: script.declares, captures: [] });
    const run = new Script(functionText(script)).runInThisContext() as (...given: unknown[]) => unknown;
    try {
      run(variables, require, "", "");
    } catch (error) {
      return `${String(error)} in ${script.javascript}`;
    }
  }
  return seen(variables[name]);
}

function asModule(cells: readonly string[], name: string): string {
  const compilerOptions = { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2022 };
  const { outputText } = typescript.transpileModule(cells.join("\n"), { compilerOptions });
  return seen(new Function(`"use strict"; ${outputText.replaceAll(/^export \{\};$/gm, "")}\nreturn ${name};`)());
}

it(`${count} namespaces in parts hold what the same text holds as a module: a part saw nothing of earlier cells`, () => {
  const random = seededRandom(seed);
  const wrong: unknown[] = [];
  let checker = openChecker();
  for (let k = 0; k < count && wrong.length < 5; k++) {
    if (k % 50 === 0) checker = openChecker();
    const name = `N${k}`;
    const cells = randomCells(random).map((code) => code.replaceAll(/\bN\b/g, name));
    const [expected, got] = [asModule(cells, name), asCells(cells, { name, checker })];
    if (got !== expected) wrong.push({ k, cells, expected, got });
  }
  expect(wrong).toEqual([]);
}, 1_800_000);
