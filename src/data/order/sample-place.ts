import type { BuiltPart } from "../gpt-index/built-part.js";
import type { GptIndices } from "../gpt-index/indices.js";

/** A stretch of one stored sequence. */
export interface Stretch {
  /** Number of the sequence in its dataset. */
  readonly sequence: number;
  /** First token of the stretch, counted from the beginning of the sequence. */
  readonly from: number;
  readonly tokens: number;
}

/** Which sample of which dataset a sample of the part is. */
export function sampleSource(built: BuiltPart, k: number): { readonly dataset: number; readonly sample: number } {
  const { blend } = built;
  return blend === undefined
    ? { dataset: 0, sample: k }
    : { dataset: blend.dataset[k] as number, sample: blend.sample[k] as number };
}

/** The stretches that GPTDataset joins for one of its samples; the last one has the extra token. */
export function stretchesOf(
  indices: GptIndices,
  sample: number,
  { lengths, extraToken }: { readonly lengths: Int32Array; readonly extraToken: number },
): Stretch[] {
  const { documents, positions, offsets, shuffle } = indices;
  const row = shuffle[sample] as number;
  const [first, last] = [positions[row] as number, positions[row + 1] as number];
  const end = (offsets[row + 1] as number) + extraToken;
  const stretches: Stretch[] = [];
  for (let position = first; position <= last; position++) {
    const sequence = documents[position] as number;
    const from = position === first ? (offsets[row] as number) : 0;
    const to = position === last ? end : (lengths[sequence] as number);
    if (to > from) stretches.push({ sequence, from, tokens: to - from });
  }
  return stretches;
}

/** The samples of a dataset that read at least one token of a sequence, ascending. */
export function samplesOfSequence(
  { documents, positions, offsets, shuffle }: GptIndices,
  sequence: number,
  { length, extraToken }: { readonly length: number; readonly extraToken: number },
): number[] {
  const rows = new Set<number>();
  for (let position = 0; position < documents.length; position++) {
    if (documents[position] !== sequence) continue;
    // The first row whose end does not lie before this position.
    for (let row = firstRowEndingAt(positions, position); row < shuffle.length; row++) {
      if ((positions[row] as number) > position) break;
      const starts = (positions[row] as number) === position ? (offsets[row] as number) : 0;
      const ends = (positions[row + 1] as number) === position ? (offsets[row + 1] as number) + extraToken : length;
      if (ends > starts) rows.add(row);
    }
  }
  const samples: number[] = [];
  if (rows.size > 0) for (let i = 0; i < shuffle.length; i++) if (rows.has(shuffle[i] as number)) samples.push(i);
  return samples;
}

/** Smallest row with `positions[row + 1] >= position`. */
function firstRowEndingAt(positions: Uint32Array, position: number): number {
  let [low, high] = [0, positions.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((positions[middle + 1] as number) >= position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Numbers in the part of samples of one of its datasets, ascending. `samples` must be ascending. */
export function partSamples(built: BuiltPart, dataset: number, samples: readonly number[]): number[] {
  const { blend } = built;
  if (blend === undefined) return [...samples];
  const wanted = new Set(samples);
  const found: number[] = [];
  for (let k = 0; k < blend.dataset.length; k++)
    if (blend.dataset[k] === dataset && wanted.has(blend.sample[k] as number)) found.push(k);
  return found;
}
