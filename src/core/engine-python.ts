import { join } from "node:path";
import { packageRoot } from "./package-root.js";

/**
 * Python of the environment that holds MindFormers: `MF_LAB_PYTHON` if it is set, else the one that the set-up made.
 */
export function enginePython(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return environment.MF_LAB_PYTHON || join(packageRoot(), ".venv", "bin", "python");
}
