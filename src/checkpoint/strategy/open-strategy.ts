import { resolve } from "node:path";
import { localFiles } from "../read/files/file-access.js";
import { Strategy } from "./strategy.js";
import { readStrategySet } from "./strategy-set.js";

/**
 * Opens a strategy of MindSpore: one `ckpt_strategy_rank_N.ckpt`, its JSON form, the output of
 * `merge_pipeline_strategys`, or the folder with
 * the files of all ranks.
 * @throws FormatError STRATEGY_INVALID if a file is damaged; CheckpointError CHECKPOINT_NONE if the folder holds none.
 *
 * @example
 * const strategy = await openStrategy("output/strategy");
 * strategy.recover([0, 1]); // can ranks 0 and 1 replace the others?
 */
export async function openStrategy(path: string): Promise<Strategy> {
  return new Strategy(await readStrategySet(localFiles, resolve(path)));
}
