import { formatCount } from "../../core/units.js";
import { bitsOf, type ElementType } from "../../formats/dtype.js";
import { jupyterHost } from "../../view/display-contract.js";
import { openProgress } from "../../view/show.js";
import { firstOf } from "../convert/choose-tensors.js";
import { nameMatcher } from "../read/match.js";
import type { PartReader } from "../read/read-region.js";
import { rowBlocks } from "../read/row-blocks.js";
import type { StoredPoint } from "../read/stored-point.js";
import type { GlobalTensor } from "../read/tensor-index.js";
import { CheckpointComparison } from "./comparison.js";
import { addPairs, noPairs, type PairSums } from "./pair-counter.js";
import type { TensorDifference } from "./tensor-difference.js";

/** Options of `checkpoint.compareTo`. */
export interface CompareOptions {
  /** Names to compare: `*` stands for any characters, or a regular expression. */
  readonly match?: string | RegExp;
  /** Default: the running cell's signal. */
  readonly signal?: AbortSignal;
}

export interface CompareRequest extends CompareOptions {
  readonly titles: { readonly before: string; readonly after: string };
}

/** Reads both points once and compares tensor by tensor on the whole tensors. */
export async function comparePoints(
  before: StoredPoint,
  after: StoredPoint,
  options: CompareRequest,
): Promise<CheckpointComparison> {
  const matches = nameMatcher(options.match);
  const [old, now] = [await before.index(options.signal), await after.index(options.signal)];
  const names = [...new Set([...old.keys(), ...now.keys()])].filter(matches);
  const progress = openProgress({ title: "comparing", total: names.length, unit: "tensors" });
  const differences: TensorDifference[] = [];
  const signal = options.signal ?? jupyterHost()?.signal;
  try {
    await before.withPool((oldPool) =>
      after.withPool(async (newPool) => {
        for (const [index, name] of names.entries()) {
          progress.update(index);
          const pair = { before: old.get(name), after: now.get(name) };
          differences.push(await compareTensor(name, pair, { oldPool, newPool, signal }));
        }
      }),
    );
  } finally {
    progress.finish(`compared ${formatCount(names.length, "tensor")}`);
  }
  return new CheckpointComparison(options.titles, differences);
}

interface Readers {
  readonly oldPool: PartReader;
  readonly newPool: PartReader;
  readonly signal: AbortSignal | undefined;
}

async function compareTensor(
  name: string,
  pair: { readonly before: GlobalTensor | undefined; readonly after: GlobalTensor | undefined },
  readers: Readers,
): Promise<TensorDifference> {
  const [before, after] = [pair.before && firstOf(pair.before), pair.after && firstOf(pair.after)];
  const look = (tensor: GlobalTensor | undefined) => tensor && `${tensor.dtype} [${tensor.shape.join(", ")}]`;
  const base = { name, before: look(before), after: look(after) };
  if (before === undefined) return { ...base, change: "new" };
  if (after === undefined) return { ...base, change: "missing" };
  if (before.shape.join() !== after.shape.join()) return { ...base, change: "shape" };
  if (bitsOf(before.dtype) < 8 || bitsOf(after.dtype) < 8) return { ...base, change: "dtype" };
  const { sums, deadRows } = await readPairs(before, after, readers);
  const change = before.dtype !== after.dtype ? "dtype" : sums.unchanged === sums.elements ? "same" : "values";
  return { ...base, change, ...measures(sums), deadRows };
}

function measures(sums: PairSums): Partial<TensorDifference> {
  const norms = Math.sqrt(sums.before * sums.after);
  return {
    elements: sums.elements,
    relativeL2:
      sums.before > 0 ? Math.sqrt(sums.difference / sums.before) : sums.difference > 0 ? Number.POSITIVE_INFINITY : 0,
    cosine: norms > 0 ? sums.product / norms : sums.before === sums.after ? 1 : 0,
    largest: sums.largest,
    unchanged: sums.elements === 0 ? 1 : sums.unchanged / sums.elements,
    notFinite: sums.notFinite,
  };
}

/**
 * Both tensors in blocks of the same elements. Rows of a matrix count as dead if none of their elements changed while
 * others did.
 */
async function readPairs(before: GlobalTensor, after: GlobalTensor, { oldPool, newPool, signal }: Readers) {
  const sums = noPairs();
  const columns = Math.max(
    1,
    before.shape.slice(1).reduce((product, size) => product * size, 1),
  );
  const matrix = before.shape.length >= 2;
  let dead = 0;
  // Blocks have equal rows where the bytes of a block are in the ratio of the elements.
  const wider = Math.max(bitsOf(before.dtype), bitsOf(after.dtype));
  const blockOf = (dtype: ElementType) => (2 * 1024 * 1024 * bitsOf(dtype)) / wider;
  const others = rowBlocks(after, newPool, { signal, blockBytes: blockOf(after.dtype) });
  for await (const { bytes } of rowBlocks(before, oldPool, { signal, blockBytes: blockOf(before.dtype) })) {
    const other = (await others.next()).value?.bytes ?? new Uint8Array(0);
    const pair = [{ bytes, dtype: before.dtype } as const, { bytes: other, dtype: after.dtype } as const] as const;
    dead += addPairs(sums, pair, matrix ? columns : Number.POSITIVE_INFINITY);
  }
  return { sums, deadRows: !matrix || sums.unchanged === sums.elements ? 0 : dead };
}
