import type { ChildProcess, StdioOptions } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { currentCell } from "../../cell/cell-context.js";
import { blockingFunctions, type ChildFunction, wrapChildFunctions } from "../../core/child-functions.js";
import type { NativePipes } from "../../core/native-pipes.js";
import { streamOfDescriptor } from "./descriptors.js";
import type { StreamName } from "./text-flow.js";

// A child process that inherits the kernel's own stdout and stderr would write into the log of the notebook server.
// What a cell starts with
// `stdio: "inherit"` writes to the cell.

type Stdio = Exclude<StdioOptions, string>;
type Options = { readonly stdio?: StdioOptions; readonly silent?: boolean; readonly detached?: boolean };

const chunkBytes = 64 * 1024;

/**
 * Lets the functions of `node:child_process` send to the cell what would go to the kernel's own output. `flush` hands
 * what was written before to the publisher.
 */
export function captureChildren({ read, original }: NativePipes, flush: () => void): void {
  const isRead = read.every((one) => one !== undefined);
  wrapChildFunctions(blockingFunctions, isRead ? (call) => withDescriptors(call, flush) : captureSync);
  wrapChildFunctions(["spawn"], (call) => captureAsync(outliving(call, original), false));
  wrapChildFunctions(["fork"], (call) => captureAsync(call, true));
}

/** The protocol thread reads what the child writes to 1 and 2, and shows it at once. */
function withDescriptors(call: ChildFunction, flush: () => void): ChildFunction {
  return function (this: unknown, ...given) {
    const { stdio, at } = inherited(given, false);
    if (stdio === undefined) return call.apply(this, given);
    flush();
    return call.apply(this, withOptions(given, at, { stdio: withOutput(stdio, [1, 2]) }));
  };
}

function withOutput(stdio: Stdio, [stdout, stderr]: readonly [number, number]): Stdio {
  return stdio.map((one, index) => {
    const name = streamOf(one, index);
    return name === undefined ? one : name === "stdout" ? stdout : stderr;
  });
}

/** A child that may outlive the kernel writes into the server's log: a pipe that nobody reads any more would end it. */
function outliving(call: ChildFunction, original: NativePipes["original"]): ChildFunction {
  return function (this: unknown, ...given) {
    const { stdio, at, isDetached } = inherited(given, false);
    if (!isDetached || stdio === undefined) return call.apply(this, given);
    return call.apply(this, withOptions(given, at, { stdio: withOutput(stdio, original) }));
  };
}

/** Nobody can listen while such a call blocks: it writes to files, which are shown when it is over. */
function captureSync(original: ChildFunction): ChildFunction {
  return function (this: unknown, ...given) {
    const { stdio, at } = inherited(given, false);
    if (stdio === undefined) return original.apply(this, given);
    const folder = folderForOutput();
    if (folder === undefined) return original.apply(this, given);
    const files = new Map<StreamName, number>();
    for (const name of ["stdout", "stderr"] as const) files.set(name, openSync(join(folder, name), "w+"));
    const put = stdio.map((one, index) => {
      const name = streamOf(one, index);
      return name === undefined ? one : files.get(name);
    });
    try {
      return original.apply(this, withOptions(given, at, { stdio: put }));
    } finally {
      for (const [name, file] of files) {
        show(file, name);
        closeSync(file);
      }
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** In the working directory if the folder for temporary files is missing or read-only; undefined if that is so too. */
function folderForOutput(): string | undefined {
  for (const parent of [tmpdir(), process.cwd()])
    try {
      return mkdtempSync(join(parent, "cell-child-"));
    } catch {}
  return undefined;
}

function show(file: number, name: StreamName): void {
  const buffer = Buffer.alloc(chunkBytes);
  for (let position = 0; ; ) {
    const bytes = readSync(file, buffer, 0, chunkBytes, position);
    if (bytes === 0) return;
    process[name].write(Buffer.from(buffer.subarray(0, bytes)));
    position += bytes;
  }
}

function captureAsync(original: ChildFunction, isFork: boolean): ChildFunction {
  return function (this: unknown, ...given) {
    const { stdio, at, isDetached } = inherited(given, isFork);
    if (stdio === undefined || isDetached) return original.apply(this, given);
    const put = stdio.map((one, index) => (streamOf(one, index) === undefined ? one : "pipe"));
    const child = original.apply(this, withOptions(given, at, { stdio: put })) as ChildProcess;
    for (const [index, one] of stdio.entries()) {
      const name = streamOf(one, index);
      if (name === undefined) continue;
      (child.stdio[index] as Readable | null)?.on("data", (data: Buffer) => process[name].write(data));
      if (index === 1) child.stdout = null;
      else if (index === 2) child.stderr = null;
    }
    return child;
  };
}

interface Inherited {
  /** How the call sets up the child, if it inherits anything and belongs to a cell. */
  readonly stdio?: Stdio;
  /** Index of the options among the arguments. */
  readonly at: number;
  /** It may outlive the kernel, and a pipe to it. */
  readonly isDetached: boolean;
}

function inherited(given: readonly unknown[], isFork: boolean): Inherited {
  const at = given.findIndex(
    (one, index) => index > 0 && typeof one === "object" && one !== null && !Array.isArray(one),
  );
  const options = (at < 0 ? {} : given[at]) as Options;
  const isDetached = options.detached === true;
  if (currentCell() === undefined) return { at, isDetached };
  const usual: StdioOptions = isFork && options.silent !== true ? "inherit" : "pipe";
  const told = options.stdio ?? usual;
  const ipc: Stdio = isFork ? ["ipc"] : [];
  const stdio: Stdio = Array.isArray(told) ? told : [told, told, told, ...ipc];
  return stdio.some((one, index) => streamOf(one, index) !== undefined)
    ? { stdio, at, isDetached }
    : { at, isDetached };
}

/** The stream of the cell that takes the place of what a child would inherit at `index`. */
function streamOf(one: unknown, index: number): StreamName | undefined {
  if (index === 0) return undefined;
  if (one === "inherit" && index <= 2) return index === 1 ? "stdout" : "stderr";
  return streamOfDescriptor(one);
}

function withOptions(given: readonly unknown[], at: number, put: Options): unknown[] {
  if (at < 0) return [...given, put];
  return given.map((one, index) => (index === at ? { ...(one as Options), ...put } : one));
}
