import { localPath, requirePath } from "../read/arguments.js";
import { localFiles } from "../read/files/file-access.js";
import { Strategy } from "./strategy.js";
import { readStrategySet } from "./strategy-set.js";

/** The work behind `openStrategy` in `on-demand/checkpoint.ts`. */
export async function openStrategy(path: string): Promise<Strategy> {
  const hint = 'openStrategy("output/strategy")';
  requirePath(path, "openStrategy", hint);
  return new Strategy(await readStrategySet(localFiles, localPath(path, { name: "openStrategy", hint })));
}
