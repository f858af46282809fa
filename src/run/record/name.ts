import { basename, dirname, join, relative, resolve } from "node:path";
import { requireText, shownValue } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";

/** Default folder for runs, below the notebook's folder. */
export const defaultFolder = "runs";

/**
 * Absolute path of the run folder. Throws RUN_NAME_ILLEGAL: the engine's command line is split at every "=", and a
 * name is one folder, not a path.
 */
export function runFolder(name: string, folder: string = defaultFolder): string {
  if (typeof name !== "string" || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
    const proposal = (typeof name === "string" ? name : "")
      .replace(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+|-+$/g, "");
    throw new LabError(
      "RUN_NAME_ILLEGAL",
      `run name ${shownValue(name)}: expected 1 to 100 letters, digits, dots, hyphens, or underscores, ` +
        `beginning with a letter or digit`,
      { hint: `name: "${proposal.slice(0, 100) || "run-1"}"`, details: { name } },
    );
  }
  requireText(folder, "folder of runs", '{ folder: "runs" }');
  const path = join(resolve(folder), name);
  if (/[=\n\0]/.test(path)) {
    throw new LabError(
      "RUN_NAME_ILLEGAL",
      `run folder ${path}: the engine's command line does not allow "=" in a path`,
      {
        hint: 'choose another folder: { folder: "runs" }',
        details: { path },
      },
    );
  }
  return path;
}

/** The line that opens the run in `folder` (its absolute path) from the working folder. */
export function openLine(folder: string): string {
  const runs = relative(process.cwd(), dirname(folder)) || ".";
  const place = runs === defaultFolder ? "" : `, { folder: ${JSON.stringify(runs)} }`;
  return `await openRun(${JSON.stringify(basename(folder))}${place})`;
}
