import type { Place } from "./text-edits.js";

/** One finding of the type checker about a cell, with the place in the cell's own source. */
export interface Diagnostic {
  readonly message: string;
  readonly code: number;
  readonly place: Place;
  /** Another file than the cell: one of the user's own that it imports. */
  readonly file?: string;
}

/** A finding of a compiler, and what it is about: a stretch of its text. */
export interface Finding extends Diagnostic {
  readonly start: number;
  readonly end: number;
}

/**
 * Findings that are no reason to reject a cell. Most are about style: an operand without effect (`1, 2`), a condition
 * that is always the same (`"a" ? 1 : 2`), an operand of `??` that is never reached, unreachable code, unused labels.
 * With 2563 the compiler gives up on a variable that is changed more than 2,000 times; the variable's type is unknown
 * then.
 */
const harmless = new Set([2563, 2695, 2869, 2870, 2871, 2872, 2873, 7027, 7028]);

/**
 * Findings about the same place are one, and what begins at the same place is said once: of `1, 2, 3` the compiler
 * finds both 1 and `1, 2` unused.
 */
export function mergeFindings(findings: readonly Finding[]): Diagnostic[] {
  const byPlace = new Map<string, Diagnostic>();
  const said = new Set<string>();
  for (const { start, end, ...found } of findings) {
    if (harmless.has(found.code)) continue;
    const begin = `${found.file ?? ""}:${start}`;
    const words = `${begin} ${found.message}`;
    if (said.has(words)) continue;
    said.add(words);
    const place = `${begin}-${end}`;
    const known = byPlace.get(place);
    byPlace.set(place, known === undefined ? found : { ...known, message: `${known.message}\n  ${found.message}` });
  }
  return [...byPlace.values()];
}
