import { spawn } from "node:child_process";
import { closeSync, constants, fstatSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { privateFolder } from "./folders.js";

/** A named pipe for each of the descriptors 1 and 2; undefined on systems without named pipes. */
export type NamedPipes = readonly [stdout: string, stderr: string] | undefined;

/** What stands behind the descriptors 1 and 2 of this process. */
export interface NativePipes {
  /** Descriptors to read what is written to 1 and 2, without blocking; undefined: that descriptor is as it was. */
  readonly read: readonly [stdout: number | undefined, stderr: number | undefined];
  /** Descriptors of the files that 1 and 2 were at the start: the log of the notebook server. */
  readonly original: readonly [stdout: number, stderr: number];
}

/** Makes two named pipes in a folder that only the user can use. */
export async function makeNamedPipes(): Promise<NamedPipes> {
  const folder = process.platform === "win32" ? undefined : privateFolder();
  if (folder === undefined) return undefined;
  const pipes = ["stdout", "stderr"].map((name) => join(folder, `pipe-${process.pid}-${name}`)) as [string, string];
  for (const pipe of pipes) rmSync(pipe, { force: true });
  const child = spawn("mkfifo", ["-m", "600", ...pipes], { stdio: "ignore" });
  const status = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", resolve);
  });
  return status === 0 ? pipes : undefined;
}

/**
 * Puts named pipes in the place of the descriptors 1 and 2, so that output of native code and of child processes can be
 * read. Must run while no other thread opens files: Node has no `dup2`, and the lowest free descriptor is what the next
 * file gets.
 */
export function takeDescriptors(pipes: NamedPipes): NativePipes {
  // Streams of a pipe would make it non-blocking, and native code would lose what it writes to a full one.
  void [process.stdout, process.stderr];
  const stdout = replaceDescriptor(1, pipes?.[0]);
  const stderr = replaceDescriptor(2, pipes?.[1]);
  for (const pipe of pipes ?? []) rmSync(pipe, { force: true });
  return {
    read: [stdout?.read, stderr?.read],
    original: [stdout?.original ?? 1, stderr?.original ?? 2],
  };
}

function replaceDescriptor(
  descriptor: 1 | 2,
  pipe: string | undefined,
): { read: number; original: number } | undefined {
  if (pipe === undefined || !isOpen(0) || !isOpen(1)) return undefined;
  let original: number | undefined;
  let read: number | undefined;
  try {
    // Linux can't open a socket anew: then the descriptor stays as it is.
    original = openSync(`/dev/fd/${descriptor}`, constants.O_WRONLY | constants.O_APPEND);
    read = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    if (original !== undefined) closeSync(original);
    return undefined;
  }
  closeSync(descriptor);
  openSync(pipe, "w");
  return { read, original };
}

function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}
