import { join } from "node:path";
import { jupyterDataFolder, realSurroundings } from "../kernelspec.js";

/** Environment variable: a folder for history in place of the one in Jupyter's data folder, or `off`. */
export const historyVariable = "MINDFORMERS_LAB_HISTORY";

/** Where history is kept; undefined if the user wants none. */
export function historyFolder(surroundings = realSurroundings()): string | undefined {
  const wanted = surroundings.environment[historyVariable];
  if (wanted === "off") return undefined;
  return wanted || join(jupyterDataFolder(surroundings), "mindformers-lab", "history");
}
