/**
 * What the name of a checkpoint file says: `<prefix>_rank_<R>[_<N>]-<E>_<S>.safetensors` or `.ckpt`, written by
 * MindSpore's ModelCheckpoint. `_N` numbers the starts that wrote into the same folder. E and S count from the start
 * (or resume) of that process: the true step is inside the file. With sink mode on, E counts sinks.
 */
export interface CheckpointFileName {
  readonly prefix: string;
  readonly rank: number;
  readonly start: number;
  readonly epoch: number;
  readonly step: number;
}

const pattern = /^(.+)_rank_(\d{1,9})(?:_(\d{1,9}))?-(\d{1,15})_(\d{1,15})\.(?:safetensors|ckpt)$/;

/**
 * Undefined if this is not a training checkpoint; `…-network-1_100` and `…-trainable_params-1_100` (parts for
 * inference) are none.
 */
export function parseCheckpointFileName(name: string): CheckpointFileName | undefined {
  const match = pattern.exec(name);
  if (!match) return undefined;
  const [, prefix = "", rank, start, epoch, step] = match;
  return { prefix, rank: Number(rank), start: Number(start ?? 0), epoch: Number(epoch), step: Number(step) };
}

/** The same for the files that all ranks wrote at one point; sorts like time within one folder. */
export function pointKey({ prefix, start, epoch, step }: CheckpointFileName): string {
  return JSON.stringify([prefix, start, epoch, step]);
}

/** Number of a `rank_<R>` folder, or undefined. */
export function rankOfFolder(name: string): number | undefined {
  const match = /^rank_(\d{1,9})$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

/** Number of an `iteration_<8 digits>` folder of MindFormers' 1.9 layout, or undefined. */
export function iterationOfFolder(name: string): number | undefined {
  const match = /^iteration_(\d{8,15})$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

/** Beside the folders of iterations: the step of the newest whole one, written last. */
export const trackerName = "latest_checkpointed_iteration.txt";

/** Beside the tensors of an iteration: counters, and the places of slices, which one rank alone does not write. */
export const iterationNotes = ["common.json", "metadata.json"] as const;

/** Name of the folder of a step in the 1.9 layout. */
export function iterationFolder(step: number): string {
  return `iteration_${String(step).padStart(8, "0")}`;
}

/**
 * `<prefix>-model-<index>-<total>.safetensors` (or `-opt-`), seven digits each; the index is the rank unless
 * redundancy was removed.
 */
export interface IterationFileName {
  readonly kind: "model" | "opt";
  readonly index: number;
  readonly total: number;
}

/** Undefined if this is no file of the 1.9 layout. */
export function parseIterationFileName(name: string): IterationFileName | undefined {
  const match = /^(?:.*-)?(model|opt)-(\d{7})-(\d{7})\.safetensors$/.exec(name);
  if (!match) return undefined;
  return { kind: match[1] as "model" | "opt", index: Number(match[2]), total: Number(match[3]) };
}

/** File name of the 1.9 layout. */
export function iterationFileName(prefix: string, { kind, index, total }: IterationFileName): string {
  const digits = (value: number) => String(value).padStart(7, "0");
  return `${prefix}-${kind}-${digits(index)}-${digits(total)}.safetensors`;
}
