import { createRequire } from "node:module";
import { inspect } from "node:util";
import { Script } from "node:vm";
import typescript from "typescript";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Conversion } from "../../../kernel/evaluate/checker/cell/conversion.js";
import { type Checker, checkerOptions, createChecker } from "../../../kernel/evaluate/checker/process/checker.js";
import { findDeclarations } from "../../../kernel/evaluate/checker/program/libraries.js";
import { restoreKept } from "../../../kernel/evaluate/kept-numbers.js";
import { functionText } from "../../../kernel/evaluate/run/executor.js";
import { createInterrupts } from "../../../kernel/evaluate/run/interrupt.js";
import { createVariables } from "../../../kernel/evaluate/run/variables.js";
import { type LoopCells, randomLoopCells } from "../../support/loop-cells.js";
import { seededRandom } from "../../support/random.js";

// Loops at the top level of cells keep variables in locals: every kind of loop, effect, and way out against the same
// text as a module. KERNEL_LOOPS and KERNEL_SEED run more of them, or others.
const count = Number(process.env.KERNEL_LOOPS ?? 2000);
const seed = Number(process.env.KERNEL_SEED ?? 20261129);

const require = createRequire(import.meta.url);
const options = checkerOptions(typescript, findDeclarations());
const world = globalThis as unknown as Record<string, unknown>;

beforeAll(() => {
  createInterrupts(new Int32Array(1), { extra: { live: () => {} } });
});
afterAll(() => {
  delete world.log;
  delete world.seen;
  delete world.turn;
});

type Read = (name: string) => unknown;
/** Runs everything; gives how to read variables, and what was thrown. `log` is for what a loop sees of them. */
type Run = (log: (values: unknown[]) => void) => Promise<{ readonly read: Read; readonly thrown: readonly unknown[] }>;

async function outcome(run: Run, names: readonly string[]): Promise<readonly string[]> {
  const output: unknown[] = [];
  let turns = 0;
  world.log = (...values: unknown[]) => output.push(...values);
  // All loops of a session together are bounded.
  world.turn = () => (++turns > 200 ? 99 : turns % 5);
  const { read, thrown } = await run((values) => output.push(inspect(values)));
  const values = () => inspect(names.map(read), { depth: 3 });
  const atEnd = values();
  const fns = (read(names.at(-1) ?? "") ?? []) as (() => unknown)[];
  const later = fns.slice(0, 20).map((fn) => fn());
  const errors = thrown.map((one) => (one instanceof Error ? one.message : one));
  return [atEnd, inspect(errors), inspect(output), inspect(later), values()];
}

/** The checker keeps what it knows of functions, and a program costs more than a cell. */
function openChecker(): Checker {
  const checker = createChecker(options);
  checker.answer({ kind: "open", workingDirectory: import.meta.dirname, packages: [] });
  return checker;
}

/** In a call, SIGINT would leave the variables as `restoreKept` has them. */
function asCells({ head, bodies, isApart, names }: LoopCells, checker: Checker): Run {
  return async (log) => {
    const variables = createVariables();
    const kept = world.$cellKept as { names: string };
    world.seen = (...values: unknown[]) => {
      const [before, left] = [kept.names, { ...variables }];
      restoreKept(left);
      kept.names = before;
      log(values.map((_, k) => left[names[k] ?? ""]));
    };
    const thrown: unknown[] = [];
    const [first = "", ...rest] = bodies;
    const cells = isApart ? [head, ...bodies] : [head + first, ...rest];
    for (const code of cells) {
      const { script } = checker.answer({ kind: "convert", code: `// @ts-nocheck\n${code}` }) as Conversion;
      if (script === undefined) return { read: () => undefined, thrown: ["refused"] };
      checker.answer({ kind: "declare", own: script.declares, captures: [] });
      try {
        const run = new Script(functionText(script)).runInThisContext() as (...given: unknown[]) => unknown;
        await run(variables, require, "", "");
      } catch (error) {
        thrown.push(error instanceof SyntaxError ? `${error.message} in ${script.javascript}` : error);
      }
    }
    return { read: (name) => variables[name], thrown };
  };
}

/** Each body in a block of its own, so that what follows runs even if a loop fails. */
function asModule({ head, bodies, names }: LoopCells): Run {
  return async (log) => {
    world.seen = (...values: unknown[]) => log(values);
    const thrown: unknown[] = [];
    let read: Read = () => undefined;
    const given = {
      probe(by: Read) {
        read = by;
      },
      fail: (error: unknown) => thrown.push(error),
    };
    const blocks = bodies.map((text) => `try {${asJavaScript(text)}\n} catch (error) { given.fail(error) }`);
    const probe = `given.probe((name) => ({ ${names.join(", ")} })[name]);`;
    const code = `"use strict"; return (async () => {${asJavaScript(head)}\n${probe}${blocks.join("\n")}\n})()`;
    await new Function("given", code)(given);
    return { read, thrown };
  };
}

function asJavaScript(text: string): string {
  const compilerOptions = { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2022 };
  return typescript.transpileModule(text, { compilerOptions }).outputText.replaceAll(/^export \{\};$/gm, "");
}

it(`${count} sessions with loops leave what the same text leaves as a module: values, errors, output, later callbacks`, async () => {
  const random = seededRandom(seed);
  const wrong: unknown[] = [];
  let checker = openChecker();
  for (let k = 0; k < count && wrong.length < 5; k++) {
    if (k % 50 === 0) checker = openChecker();
    const cells = randomLoopCells(random, k);
    const expected = await outcome(asModule(cells), cells.names);
    const got = await outcome(asCells(cells, checker), cells.names);
    if (inspect(got) !== inspect(expected)) wrong.push({ k, cells, expected, got });
  }
  expect(wrong).toEqual([]);
}, 1_800_000);
