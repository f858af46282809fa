/**
 * What the name of a checkpoint file says: `<prefix>_rank_<R>[_<N>]-<E>_<S>.safetensors`, written by MindSpore's ModelCheckpoint.
 * `_N` numbers the starts that wrote into the same folder. E and S count from the start (or resume) of that process: the true step is inside
 * the file. With sink mode on, E counts sinks.
 */
export interface CheckpointFileName {
  readonly prefix: string;
  readonly rank: number;
  readonly start: number;
  readonly epoch: number;
  readonly step: number;
}

const pattern = /^(.+)_rank_(\d{1,9})(?:_(\d{1,9}))?-(\d{1,15})_(\d{1,15})\.safetensors$/;

/** Undefined if this is not a training checkpoint; `…-network-1_100` and `…-trainable_params-1_100` (parts for inference) are none. */
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
