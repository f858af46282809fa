import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CheckpointError } from "../../core/error.js";

/**
 * Folder of the seals of a checkpoint folder: `runs/<name>/seals` for a run's own checkpoints, else
 * `.mindformers-lab/seals` inside of the folder.
 */
export async function sealFolderOf(folder: string): Promise<string> {
  const run = await runFolderOf(folder);
  return run === undefined ? join(folder, ".mindformers-lab", "seals") : join(run, "seals");
}

/** Folder of what is derived from a checkpoint, such as statistics; undefined for one behind an address. */
export function derivedFolderOf(folder: string): string | undefined {
  return isElsewhere(folder) ? undefined : join(folder, ".mindformers-lab");
}

/** True for a folder behind an address, such as `ssh://host/path`. */
export function isElsewhere(folder: string): boolean {
  return /^[a-z]+:\/\//.test(folder);
}

/** @throws CheckpointError CHECKPOINT_ELSEWHERE for a folder behind an address; `verb` names what needs the files. */
export function requireHere(folder: string, verb: string): void {
  if (!isElsewhere(folder)) return;
  const message = `${folder}: ${verb} needs the files on this machine, found an address`;
  throw new CheckpointError("CHECKPOINT_ELSEWHERE", message, {
    hint: "run the line on the machine that holds the files, or copy the folder here",
    details: { folder },
  });
}

/** The run that a folder `<run>/output/checkpoint[/…]` belongs to; undefined if there is none. */
export async function runFolderOf(folder: string): Promise<string | undefined> {
  let place = resolve(folder);
  for (let up = 0; up < 4; up++) {
    if (await isFile(join(place, "run.json"))) return place;
    place = dirname(place);
  }
  return undefined;
}

/**
 * Ranks of the run that a checkpoint folder belongs to (`worldSize` in its run.json); undefined if that is not known.
 */
export async function worldSizeOf(folder: string): Promise<number | undefined> {
  const run = await runFolderOf(folder);
  const text = run === undefined ? "" : await readFile(join(run, "run.json"), "utf8").catch(() => "");
  try {
    const { worldSize } = JSON.parse(text) as { readonly worldSize?: unknown };
    return typeof worldSize === "number" ? worldSize : undefined;
  } catch {
    return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
