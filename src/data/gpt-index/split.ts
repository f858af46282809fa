import { normalizeWeights, parsePythonFloat, roundHalfEven } from "./python-numbers.js";

/** The three parts that a dataset is divided into, in the engine's order. */
export const splitNames = ["train", "valid", "test"] as const;

/** A part of the data: train, valid, or test. */
export type SplitName = (typeof splitNames)[number];

/** Start and end of a part as shares of the dataset; undefined: the part is empty. */
export type SplitRange = readonly [low: number, high: number] | undefined;

/**
 * `"98, 1, 1"` → the shares of train, valid, and test, as MindFormers' `parse_and_normalize_split` and
 * `convert_split_vector_to_split_matrix` compute them. Undefined for a text that they can't read.
 */
export function parseSplit(text: string): readonly [SplitRange, SplitRange, SplitRange] | undefined {
  const parts = (text.match(/[.0-9]+/g) ?? []).map(parsePythonFloat);
  if (parts.length > 3 || parts.some((part) => part === undefined)) return undefined;
  const shares = normalizeWeights([0, 1, 2].map((i) => parts[i] ?? 0));
  if (shares.some((share) => !Number.isFinite(share))) return undefined;
  let low = 0;
  const ranges = shares.map((share): SplitRange => {
    const range = [low, low + share] as const;
    low = range[1];
    return range[1] <= range[0] ? undefined : range;
  });
  return [ranges[0], ranges[1], ranges[2]];
}

/**
 * The sequences of a part: from `begin` (inclusive) to `end` (exclusive); halves are rounded to even numbers, as
 * Python does.
 */
export function sequencesOf(range: readonly [number, number], sequences: number): { begin: number; end: number } {
  return { begin: roundHalfEven(range[0] * sequences), end: roundHalfEven(range[1] * sequences) };
}
