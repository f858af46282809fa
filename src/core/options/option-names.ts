// Names of options, and the one that was meant by another.
import { hasAll, requireArgument } from "../arguments.js";
import { LabError } from "../error.js";

/** Number of single-letter edits (insert, delete, replace, swap of neighbors) between two words. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The known name that was most likely meant, or undefined if none is near (a third of the letters may differ). */
export function suggestName(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const name of known) {
    if (Math.abs(name.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** What a call may be given as options. */
export interface KnownOptions {
  readonly names: readonly string[];
  /** A call that is right. */
  readonly example: string;
}

/** @throws LabError ARGUMENT_INVALID if an option has another name, with the name that is near. */
export function requireKnownNames(options: object, call: string, names: readonly string[]): void {
  const unknown = Object.keys(options).find((option) => !names.includes(option));
  if (unknown === undefined) return;
  const near = suggestName(unknown, names);
  throw new LabError("ARGUMENT_INVALID", `${call}: unknown option ${unknown}, expected ${names.join(", ")}`, {
    hint: near === undefined ? `remove ${unknown}` : `did you mean ${near}?`,
  });
}

/**
 * @throws LabError ARGUMENT_INVALID unless the options are omitted, or an object of known options whose `signal` is
 * one.
 */
export function requireOptions(options: unknown, call: string, { names, example }: KnownOptions): void {
  if (options === undefined) return;
  requireArgument(hasAll(options), { call: `${call}, options`, expected: "an object", found: options, example });
  requireKnownNames(options as object, call, names);
  const { signal } = options as { readonly signal?: unknown };
  requireArgument(signal === undefined || hasAll(signal, "aborted", "addEventListener"), {
    ...{ call: `${call}, signal`, expected: "an AbortSignal", found: signal },
    example: "{ signal: AbortSignal.timeout(60_000) }",
  });
}
