/** Which dataset each sample of a blend comes from, and which sample of that dataset it is. */
export interface BlendIndices {
  readonly dataset: Int16Array;
  readonly sample: Uint32Array;
}

/**
 * The greedy mix of MindFormers' C++ helper `build_blending_indices`: the next sample comes from the dataset that
 * lags most behind its share; the first one of several. Double precision, in the helper's order of operations. (A
 * compiler that fuses multiply and subtract, as some do for aarch64, may decide ties differently; the one for x86-64
 * does not.)
 */
export function blendIndices(weights: readonly number[], size: number): BlendIndices {
  const dataset = new Int16Array(size);
  const sample = new Uint32Array(size);
  const shares = Float64Array.from(weights);
  const taken = new Float64Array(weights.length);
  const count = weights.length;
  for (let i = 0; i < size; i++) {
    const position = i > 1 ? i : 1;
    let best = 0;
    let most = (shares[0] as number) * position - (taken[0] as number);
    for (let d = 1; d < count; d++) {
      const error = (shares[d] as number) * position - (taken[d] as number);
      if (error > most) {
        most = error;
        best = d;
      }
    }
    dataset[i] = best;
    sample[i] = taken[best] as number;
    taken[best] = (taken[best] as number) + 1;
  }
  return { dataset, sample };
}

/** How many samples `blendIndices` takes of each dataset, in memory that does not grow with `size`. */
export function blendTakes(weights: readonly number[], size: number): number[] {
  const taken = weights.map(() => 0);
  for (let i = 0; i < size; i++) {
    const position = i > 1 ? i : 1;
    let [best, most] = [0, Number.NEGATIVE_INFINITY];
    for (let d = 0; d < taken.length; d++) {
      const error = (weights[d] as number) * position - (taken[d] as number);
      if (error > most) [best, most] = [d, error];
    }
    taken[best] = (taken[best] as number) + 1;
  }
  return taken;
}

/** `build_exhaustive_blending_indices`: every sample of every dataset once, mixed in proportion to the sizes. */
export function exhaustiveBlendIndices(sizes: readonly number[]): BlendIndices {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const dataset = new Int16Array(total);
  const sample = new Uint32Array(total);
  const weights = sizes.map((size) => size / total);
  const taken = sizes.map(() => 0);
  const unspent = sizes.map((_, d) => d);
  for (let i = 0; unspent.length > 0; i++) {
    const position = i > 1 ? i : 1;
    let [best, most] = [0, Number.NEGATIVE_INFINITY];
    for (const d of unspent) {
      const error = (weights[d] as number) * position - (taken[d] as number);
      if (error > most) [best, most] = [d, error];
    }
    dataset[i] = best;
    sample[i] = taken[best] as number;
    taken[best] = (taken[best] as number) + 1;
    if (taken[best] === sizes[best]) unspent.splice(unspent.indexOf(best), 1);
  }
  return { dataset, sample };
}
