import { resolve } from "node:path";
import { localFiles } from "../read/files/file-access.js";
import { Strategy } from "./strategy.js";
import { readStrategySet } from "./strategy-set.js";

/** The work behind `openStrategy` in `on-demand/checkpoint.ts`. */
export async function openStrategy(path: string): Promise<Strategy> {
  return new Strategy(await readStrategySet(localFiles, resolve(path)));
}
