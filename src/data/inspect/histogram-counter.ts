import type { HistogramBin } from "../../view/charts/kinds/histogram.js";

const exactBelow = 65_536;
const perOctave = 64;
const octaves = 37;

/** Counts whole numbers from 0 on in fixed memory (540 KB): exactly below 65,536, in 64 steps per doubling above. */
export class HistogramCounter {
  readonly #exact = new Float64Array(exactBelow);
  readonly #coarse = new Float64Array(octaves * perOctave);
  count = 0;
  sum = 0;
  smallest = Number.POSITIVE_INFINITY;
  largest = Number.NEGATIVE_INFINITY;

  add(value: number, times = 1): void {
    this.count += times;
    this.sum += value * times;
    if (value < this.smallest) this.smallest = value;
    if (value > this.largest) this.largest = value;
    if (value < exactBelow) this.#exact[value] = (this.#exact[value] as number) + times;
    else {
      const at = Math.min(octaves * perOctave - 1, Math.floor((Math.log2(value) - 16) * perOctave));
      this.#coarse[at] = (this.#coarse[at] as number) + times;
    }
  }

  /** Value and count of everything that was counted, ascending; above 65,535 the lower end of the step. */
  *entries(): Generator<readonly [value: number, count: number]> {
    for (let value = 0; value < exactBelow; value++)
      if (this.#exact[value] !== 0) yield [value, this.#exact[value] as number];
    for (const [i, count] of this.#coarse.entries())
      if (count !== 0) yield [Math.ceil(2 ** (16 + i / perOctave)), count];
  }

  /** The smallest value that `share` of all are not above. */
  quantile(share: number): number {
    let below = 0;
    for (const [value, count] of this.entries()) {
      below += count;
      if (below >= share * this.count) return Math.min(value, this.largest);
    }
    return this.largest;
  }

  /**
   * At most `most` bins next to each other: equal widths of whole numbers, or with `log` equal ratios (zero is left
   * out).
   */
  bins(most: number, log: boolean): HistogramBin[] {
    if (this.count === 0) return [];
    const edges = log
      ? ratioEdges(Math.max(1, this.smallest), this.largest, most)
      : evenEdges(this.smallest, this.largest, most);
    const counts = new Float64Array(edges.length - 1);
    let bin = 0;
    for (const [value, count] of this.entries()) {
      // The lower end of a step may lie below the smallest value; a zero has no place on a logarithmic axis.
      if (log && value === 0) continue;
      while (bin < counts.length - 1 && value >= (edges[bin + 1] as number)) bin += 1;
      counts[bin] = (counts[bin] as number) + count;
    }
    return Array.from(counts, (count, i) => ({ from: edges[i] as number, to: edges[i + 1] as number, count }));
  }
}

function evenEdges(low: number, high: number, most: number): number[] {
  const width = niceWidth((high - low + 1) / most);
  const first = Math.floor(low / width) * width;
  return Array.from({ length: Math.floor((high - first) / width) + 2 }, (_, i) => first + i * width);
}

/** 1, 2 or 5 times a power of ten. */
function niceWidth(rough: number): number {
  if (rough <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
}

function ratioEdges(low: number, high: number, most: number): number[] {
  const ratio = Math.max(1.2, ((high + 1) / low) ** (1 / most));
  const edges = [low];
  while ((edges.at(-1) as number) <= high) {
    const last = edges.at(-1) as number;
    edges.push(Math.max(last + 1, Math.round(last * ratio)));
  }
  return edges;
}
