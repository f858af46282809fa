import { readSync } from "node:fs";
import { Socket } from "node:net";
import type { StreamName } from "./text-flow.js";

/** Node's own, also when the output of cells takes the place of what `node:fs` exports. */
const read = readSync;

const chunkBytes = 64 * 1024;
/** More is left for the next time, as a child process may write faster than anybody can read. */
const mostChunks = 64;

/** Where native code and child processes write: descriptors that don't block, as `core/native-pipes.ts` opens them. */
export type NativeDescriptors = readonly [stdout: number | undefined, stderr: number | undefined];

/** Reads what native code and child processes have written so far. Returns whether there was anything. */
export type DrainNative = (take: (name: StreamName, bytes: Buffer) => void) => boolean;

export function createDrain([stdout, stderr]: NativeDescriptors): DrainNative {
  const buffer = Buffer.alloc(chunkBytes);
  const drainOne = (descriptor: number, take: (bytes: Buffer) => void): boolean => {
    for (let chunks = 0; chunks < mostChunks; chunks++) {
      const length = readNow(descriptor, buffer);
      if (length === 0) return chunks > 0;
      take(Buffer.from(buffer.subarray(0, length)));
    }
    return true;
  };
  return (take) => {
    const found = [
      stdout !== undefined && drainOne(stdout, (bytes) => take("stdout", bytes)),
      stderr !== undefined && drainOne(stderr, (bytes) => take("stderr", bytes)),
    ];
    return found.includes(true);
  };
}

/** 0 if there is nothing. */
function readNow(descriptor: number, buffer: Buffer): number {
  // Nothing to read is an error, whose stack would take most of the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return read(descriptor, buffer, 0, buffer.length, null);
  } catch {
    return 0;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Takes what arrives while the event loop is free, without keeping the process alive. */
export function listenToNative(descriptors: NativeDescriptors, take: (name: StreamName, bytes: Buffer) => void): void {
  for (const [index, name] of (["stdout", "stderr"] as const).entries()) {
    const descriptor = descriptors[index];
    if (descriptor === undefined) continue;
    const socket = new Socket({ fd: descriptor, readable: true, writable: false });
    socket.on("data", (bytes) => take(name, bytes));
    socket.on("error", () => {});
    socket.unref();
  }
}
