import { relative } from "node:path";
import type { PointPart } from "../read/points/saved-point.js";
import type { StoredPoint } from "../read/stored-point.js";
import { slicesOf, type TensorPart } from "../read/tensor-index.js";
import { choosePlaced } from "./choose-tensors.js";
import { type FormatOptions, ownTensor } from "./format-plan.js";
import { type OutputPlan, rankNotes } from "./output-plan.js";
import { wholeTensor } from "./tensor-source.js";

/**
 * Every slice on one rank only, spread evenly over the ranks that hold it, and `remove_redundancy: True` in each
 * file's metadata. Counters stay on every rank. Loading needs the files of all ranks.
 */
export async function redundancyPlan(stored: StoredPoint, options: FormatOptions): Promise<OutputPlan> {
  const kept = new Map<string, TensorPart[]>();
  const load = new Map<string, number>();
  const keep = (part: TensorPart) => {
    const list = kept.get(part.file.path) ?? [];
    kept.set(part.file.path, list);
    list.push(part);
    load.set(part.file.path, (load.get(part.file.path) ?? 0) + part.entry.bytes);
  };
  let [before, after] = [0, 0];
  for (const tensor of await choosePlaced(stored, options)) {
    before += tensor.parts.reduce((sum, { entry }) => sum + entry.bytes, 0);
    if (tensor.kind === "state") tensor.parts.forEach(keep);
    else for (const slice of slicesOf(tensor)) keep(leastLoaded(slice, load));
  }
  for (const loaded of load.values()) after += loaded;
  const files = stored.readable().map((part: PointPart) => ({
    path: relative(stored.point.folder, part.path).replace(/\.ckpt$/, ".safetensors"),
    format: "safetensors" as const,
    metadata: { format: "ms", remove_redundancy: "True" },
    tensors: (kept.get(part.path) ?? []).map(({ entry }) => wholeTensor(ownTensor(part, entry))),
  }));
  const share = before === 0 ? 0 : Math.round((100 * after) / before);
  const title = `remove redundancy: ${share} % of the bytes remain`;
  return { title, files, notes: rankNotes(files), remarks: [], strategy: stored.options.strategy };
}

function leastLoaded(slice: readonly TensorPart[], load: ReadonlyMap<string, number>): TensorPart {
  return slice.reduce((best, part) =>
    (load.get(part.file.path) ?? 0) < (load.get(best.file.path) ?? 0) ? part : best,
  );
}
