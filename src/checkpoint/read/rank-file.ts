import { FileBytes } from "../../core/bytes.js";
import { readSafetensorsHeader, readTensorValues, type SafetensorsHeader } from "../../formats/safetensors.js";

/** Where the training stood when the file was written, as MindFormers stores it beside the weights; undefined: not stored. */
export interface HyperParameters {
  /** Optimizer steps since the very first start, also after a resume (`step_num`, else `global_step`). */
  readonly step: number | undefined;
  readonly epoch: number | undefined;
  readonly lossScale: number | undefined;
  /** Sequences per step over all ranks. */
  readonly globalBatchSize: number | undefined;
}

/** Header and hyper-parameters of one rank's file; opens and closes it. */
export async function readRankFile(
  path: string,
): Promise<{ readonly header: SafetensorsHeader; readonly hyper: HyperParameters }> {
  return withRankFile(path, async (source, header) => {
    const scalar = async (name: string) => {
      const entry = header.tensors.find((tensor) => tensor.name === name);
      if (entry?.elements !== 1) return undefined;
      return Number((await readTensorValues(source, entry))[0]);
    };
    const hyper = {
      step: (await scalar("step_num")) ?? (await scalar("global_step")),
      epoch: await scalar("epoch_num"),
      lossScale: await scalar("loss_scale"),
      globalBatchSize: await scalar("global_batch_size"),
    };
    return { header, hyper };
  });
}

/** Opens a file, reads its header, and closes it when `use` is done. */
export async function withRankFile<Result>(
  path: string,
  use: (source: FileBytes, header: SafetensorsHeader) => Promise<Result>,
): Promise<Result> {
  const source = await FileBytes.open(path, "checkpoint file");
  try {
    return await use(source, await readSafetensorsHeader(source));
  } finally {
    await source.close();
  }
}
