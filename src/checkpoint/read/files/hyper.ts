import { decodeTensor, readTensorBytes } from "../../../formats/tensor-entry.js";
import type { OpenTensorFile } from "./tensor-file.js";

/**
 * Where the training stood when the file was written, as MindFormers stores it beside the weights; undefined: not
 * stored.
 */
export interface HyperParameters {
  /** Optimizer steps since the very first start, also after a resume (`step_num`, else `global_step`). */
  readonly step: number | undefined;
  readonly epoch: number | undefined;
  readonly lossScale: number | undefined;
  /** Sequences per step over all ranks. */
  readonly globalBatchSize: number | undefined;
}

export const noHyperParameters: HyperParameters = {
  step: undefined,
  epoch: undefined,
  lossScale: undefined,
  globalBatchSize: undefined,
};

const names = new Set(["step_num", "global_step", "epoch_num", "loss_scale", "global_batch_size"]);

/** Reads the single values of a file that say where the training stood. */
export async function readHyperParameters({ source, header }: OpenTensorFile): Promise<HyperParameters> {
  const values = new Map<string, number>();
  for (const entry of header.tensors) {
    if (entry.elements !== 1 || !names.has(entry.name)) continue;
    const bytes = await readTensorBytes(source, entry);
    values.set(entry.name, Number(decodeTensor({ file: source.name, offset: entry.start }, entry, bytes)[0]));
  }
  return {
    step: values.get("step_num") ?? values.get("global_step"),
    epoch: values.get("epoch_num"),
    lossScale: values.get("loss_scale"),
    globalBatchSize: values.get("global_batch_size"),
  };
}

/** The same from the `common.json` of MindFormers' 1.9 layout; `iteration` is the number of its folder. */
export function hyperOfCommon(common: unknown, iteration: number): HyperParameters {
  const value = (key: string) => {
    const found = typeof common === "object" && common !== null ? (common as Record<string, unknown>)[key] : undefined;
    return typeof found === "number" && Number.isFinite(found) ? found : undefined;
  };
  return {
    step: value("step_num") ?? value("global_step") ?? iteration,
    epoch: value("epoch_num"),
    lossScale: value("loss_scale"),
    globalBatchSize: value("global_batch_size"),
  };
}
