import type { Issue } from "../../../core/error.js";
import type { HyperParameters } from "../files/hyper.js";
import type { TensorFormat, TensorHeader } from "../files/tensor-file.js";

/**
 * Layout of a checkpoint's files on disk. ranks: `rank_0/…`, `rank_1/…`; iteration: MindFormers' 1.9 layout,
 * `iteration_<step>/`; huggingface: a folder with an index; unified: the output of `unified_safetensors`; files: one
 * or more files that hold the whole model.
 */
export type CheckpointLayout = "ranks" | "iteration" | "huggingface" | "unified" | "files";

/** One file of a checkpoint. */
export interface CheckpointFile {
  /** Rank that wrote it; 0 where files have no rank. */
  readonly rank: number;
  readonly path: string;
  readonly bytes: number;
  readonly savedAt: Date;
}

/** One file of a saved point: what its header says, or why it can't be read. */
export interface PointPart extends CheckpointFile {
  readonly format: TensorFormat;
  readonly hyper: HyperParameters | undefined;
  readonly problem: string | undefined;
  /** As it was opened: `OpenFile.version`. */
  readonly version?: string | undefined;
  /** Kept if there are not too many; otherwise it is read again. */
  readonly header: TensorHeader | undefined;
}

export interface SavedPoint {
  readonly layout: CheckpointLayout;
  /** What `load_checkpoint` takes: the folder of the rank folders, of the iteration, of the files. */
  readonly folder: string;
  /** As names have it; see `parseCheckpointFileName`. */
  readonly epoch: number | undefined;
  readonly step: number | undefined;
  /** By rank, then by name. */
  readonly parts: readonly PointPart[];
  /** From `common.json`, where the layout has it. */
  readonly common: HyperParameters | undefined;
  /** `metadata.json` of the 1.9 layout, where there is one. */
  readonly metadataPath: string | undefined;
  /** File by tensor, as an index file says it. */
  readonly weightMap: ReadonlyMap<string, string> | undefined;
  /** What the layout itself lacks: missing ranks, missing files, a tracker that has not come so far. */
  readonly issues: readonly Issue[];
}
