import type { ElementType } from "../../formats/dtype.js";
import type { PartReader } from "../read/read-region.js";
import { rowBlocks } from "../read/row-blocks.js";
import type { GlobalTensor } from "../read/tensor-index.js";
import { ValueCounter, type ValueCounts } from "./value-counter.js";

/** Statistics over all elements of a tensor; NaN and infinities are counted, but excluded from the other values. */
export interface TensorStatistics {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Of the finite values; undefined if there are none. */
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly mean: number | undefined;
  /** Standard deviation over all finite elements. */
  readonly std: number | undefined;
  /** Square root of the sum of squares. */
  readonly l2: number;
  readonly zeros: number;
  readonly nan: number;
  readonly infinite: number;
  /** Values below the smallest normal one of the type, without zero. */
  readonly denormal: number;
  /** By share of the values; exact to 8 significant bits. */
  readonly quantiles: Readonly<Record<"1%" | "5%" | "25%" | "50%" | "75%" | "95%" | "99%", number | undefined>>;
  /** 60 bars from the lowest to the highest value, or between the outermost thousandths if a few values are far out. */
  readonly histogram: ValueHistogram;
}

/** Bars of equal width over the finite values. */
export interface ValueHistogram {
  /** Lower end of the first bar and upper end of the last. */
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
  /** Elements outside of all bars. */
  readonly outside: number;
}

const shares = { "1%": 0.01, "5%": 0.05, "25%": 0.25, "50%": 0.5, "75%": 0.75, "95%": 0.95, "99%": 0.99 } as const;
const bars = 60;

/** Reads the whole tensor once, in blocks. */
export async function measureTensor(
  tensor: GlobalTensor,
  reader: PartReader,
  options: { readonly signal?: AbortSignal | undefined; readonly onBytes?: (bytes: number) => void } = {},
): Promise<TensorStatistics> {
  const counter = new ValueCounter(tensor.dtype);
  for await (const { bytes } of rowBlocks(tensor, reader, { signal: options.signal })) {
    counter.add(bytes);
    options.onBytes?.(bytes.byteLength);
  }
  return statisticsOf(tensor, counter);
}

/** Statistics of what a counter has seen. */
export function statisticsOf(
  { name, dtype, shape }: Pick<GlobalTensor, "name" | "dtype" | "shape">,
  counter: ValueCounter,
): TensorStatistics {
  const found = counter.finish();
  const finite = found.count - found.nan - found.infinite;
  const mean = finite > 0 ? found.sum / finite : undefined;
  const variance = mean === undefined ? undefined : Math.max(0, found.squares / finite - mean * mean);
  const sorted = sortedBuckets(found.values);
  const at = (share: number) => quantile(sorted, share * finite);
  return {
    name,
    dtype,
    shape,
    elements: found.count,
    min: finite > 0 ? found.min : undefined,
    max: finite > 0 ? found.max : undefined,
    mean,
    std: variance === undefined ? undefined : Math.sqrt(variance),
    l2: Math.sqrt(found.squares),
    zeros: found.zeros,
    nan: found.nan,
    infinite: found.infinite,
    denormal: found.denormal,
    quantiles: Object.fromEntries(
      Object.entries(shares).map(([key, share]) => [key, at(share)]),
    ) as TensorStatistics["quantiles"],
    histogram: histogramOf(sorted, { min: found.min, max: found.max, finite }),
  };
}

type Bucket = readonly [value: number, count: number];

function sortedBuckets({ counts, numberOf }: ValueCounts): Bucket[] {
  const found: Bucket[] = [];
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const count = counts[bucket] as number;
    if (count > 0) found.push([numberOf(bucket), count]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}

function quantile(sorted: readonly Bucket[], rank: number): number | undefined {
  let before = 0;
  for (const [value, count] of sorted) {
    before += count;
    if (before >= rank) return value;
  }
  return sorted.at(-1)?.[0];
}

function histogramOf(
  sorted: readonly Bucket[],
  { min, max, finite }: { readonly min: number; readonly max: number; readonly finite: number },
): ValueHistogram {
  if (finite === 0) return { from: 0, to: 0, counts: [], outside: 0 };
  const [low, high] = [quantile(sorted, 0.001 * finite) ?? min, quantile(sorted, 0.999 * finite) ?? max];
  const far = max - min > 4 * (high - low) && high > low;
  const [from, to] = far ? [low, high] : [min, max];
  const width = (to - from) / bars || 1;
  const counts = new Array<number>(bars).fill(0);
  let outside = 0;
  for (const [value, count] of sorted) {
    const bar = Math.floor((value - from) / width);
    // Buckets are rounded toward zero, so that the outermost one may begin a little before the first bar.
    const near = value < from && from - value <= Math.abs(from) / 128 ? 0 : bar === bars ? bars - 1 : bar;
    if (near < 0 || near >= bars) outside += count;
    else counts[near] = (counts[near] as number) + count;
  }
  return { from, to, counts, outside };
}
