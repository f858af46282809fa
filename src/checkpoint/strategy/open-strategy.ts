import { localPath, requirePath } from "../../core/arguments.js";
import { localFiles } from "../read/files/file-access.js";
import { Strategy } from "./strategy.js";
import { readStrategySet } from "./strategy-set.js";

/** The work behind `openStrategy` in `on-demand/checkpoint.ts`. */
export async function openStrategy(path: string): Promise<Strategy> {
  const [call, example] = ["openStrategy, path", 'await openStrategy("output/strategy")'] as const;
  requirePath(path, call, example);
  return new Strategy(await readStrategySet(localFiles, localPath(path, call, example)));
}
