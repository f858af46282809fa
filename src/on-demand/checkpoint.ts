// The public functions of `checkpoint/`, each loaded at its first call. `src/DECISIONS.md` says why.
import type { Checkpoint } from "../checkpoint/open/checkpoint.js";
import type { Checkpoints } from "../checkpoint/open/checkpoints.js";
import type { OpenCheckpointOptions, OpenCheckpointsOptions } from "../checkpoint/open/open.js";
import type { Strategy } from "../checkpoint/strategy/strategy.js";

/**
 * Opens one checkpoint: a `.safetensors` or `.ckpt` file, a folder in any layout that MindFormers, MindSpore or
 * Hugging Face write, or the address of such a file or folder: `http://…` of a server that answers ranges, or
 * `ssh://host/path` of a machine that ssh reaches. Of a folder with several points, opens the newest complete one.
 * Reads headers only.
 * @throws CheckpointError CHECKPOINT_NONE if there is nothing to read; FormatError if the one file is damaged;
 * NODE_UNREACHABLE with ssh's own reason.
 *
 * @example
 * const checkpoint = await openCheckpoint("model.safetensors");
 * await checkpoint.tensors();
 */
export async function openCheckpoint(path: string, options?: OpenCheckpointOptions): Promise<Checkpoint> {
  const code = await import("../run/attach/open-checkpoint.js");
  return await code.openCheckpoint(path, options);
}

/**
 * Opens all points that a training saved: the folder that holds `rank_0`, `rank_1`, … or `iteration_…`, the engine's
 * output folder, or a run's folder; `ssh://host/path` for one on another machine. Reads headers only; open it again
 * to see what a live training saved meanwhile.
 * @throws CheckpointError CHECKPOINT_NONE if there is nothing to read; NODE_UNREACHABLE with ssh's own reason.
 *
 * @example
 * const checkpoints = await openCheckpoints((await openRun("first")).checkpointDir);
 * const last = checkpoints.latestComplete();
 * await last.tensors({ match: "*.layers.0.*" });
 */
export async function openCheckpoints(folder: string, options?: OpenCheckpointsOptions): Promise<Checkpoints> {
  const code = await import("../run/attach/open-checkpoint.js");
  return await code.openCheckpoints(folder, options);
}

/**
 * Opens a strategy of MindSpore: one `ckpt_strategy_rank_N.ckpt`, its JSON form, the output of
 * `merge_pipeline_strategys`, or the folder with the files of all ranks.
 * @throws FormatError STRATEGY_INVALID if a file is damaged; CheckpointError CHECKPOINT_NONE if the folder holds none.
 *
 * @example
 * const strategy = await openStrategy("output/strategy");
 * strategy.recover([0, 1]); // can ranks 0 and 1 replace the others?
 */
export async function openStrategy(path: string): Promise<Strategy> {
  const code = await import("../checkpoint/strategy/open-strategy.js");
  return await code.openStrategy(path);
}
