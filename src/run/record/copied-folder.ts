import { readFileSync, type Stats, statSync } from "node:fs";
import { LabError } from "../../core/error.js";
import { runPaths } from "./layout.js";
import { openLine } from "./name.js";
import type { RunFile } from "./run-file.js";

function look(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function idIn(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(runPaths(folder).runFile, "utf8")) as Partial<RunFile>).id;
  } catch {
    return undefined;
  }
}

/** The same directory; also if the same storage is mounted twice, with another device number for each mount. */
function isSame(a: Stats | undefined, b: Stats): boolean {
  return a !== undefined && a.ino === b.ino && (a.dev === b.dev || a.ctimeMs === b.ctimeMs);
}

/**
 * The folder that a run was launched in, if `folder` is only a copy of it: that folder still exists, is another
 * directory, and holds the same run. Undefined for the run's own folder, also if it was moved.
 */
export function originalOf({ id, folder: launched }: RunFile, folder: string): string | undefined {
  if (id === undefined || launched === undefined || launched === folder) return undefined;
  const original = look(launched);
  if (original === undefined || isSame(look(folder), original)) return undefined;
  return idIn(launched) === id ? launched : undefined;
}

/** The error for a call that must not act on the processes of a run from a copy of its folder. */
export function copyError(call: string, run: Pick<RunFile, "name">, places: Places): LabError {
  const { folder, original } = places;
  return new LabError(
    "RUN_COPIED",
    `${call}, run ${run.name}: expected the folder that the run trains in, ${original}, found its copy ${folder}`,
    { hint: `const run = ${openLine(original)}`, details: { name: run.name, folder, original } },
  );
}

interface Places {
  readonly folder: string;
  readonly original: string;
}
