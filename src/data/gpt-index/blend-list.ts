import { parsePythonFloat } from "./python-numbers.js";

/** Prefixes of the datasets to mix, with a weight for each or without weights. */
export interface Blend {
  readonly prefixes: readonly string[];
  readonly weights: readonly number[] | undefined;
}

/**
 * A `data_path` list as MindFormers' `get_blend_from_list` reads it. An odd number of entries: all are prefixes. An
 * even number: pairs of weight and prefix if every first entry is a number; all are prefixes if none is. Undefined
 * where the engine stops with an AssertionError, because a number follows the first entry that is none. (Numbers
 * *before* it are taken for prefixes, as the engine takes them.)
 */
export function parseBlendList(entries: readonly (string | number)[]): Blend | undefined {
  const texts = entries.map(String);
  const trimmed = (list: readonly string[]) => list.map((text) => text.trim());
  if (texts.length % 2 === 1) return { prefixes: trimmed(texts), weights: undefined };
  const weights = texts.filter((_, i) => i % 2 === 0).map(parsePythonFloat);
  const firstOther = weights.indexOf(undefined);
  if (firstOther < 0) return { prefixes: trimmed(texts.filter((_, i) => i % 2 === 1)), weights: weights as number[] };
  if (weights.slice(firstOther).some((weight) => weight !== undefined)) return undefined;
  return { prefixes: trimmed(texts), weights: undefined };
}
