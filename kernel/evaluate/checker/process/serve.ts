import { readSync, writeSync } from "node:fs";
import type { Checker } from "./checker.js";
import { type CheckerRequest, encodeFrame, type Numbered } from "./requests.js";

const requests = 0;
const replies = 3;

/**
 * Answers requests until the kernel closes its end of the pipe or is gone. Reads and writes block: nothing else is to
 * be done here, and Node's streams and its event loop would have to be loaded first.
 */
export function serve(checker: Checker): void {
  // Ctrl-C in a terminal signals all its processes. Only the cell should end.
  process.on("SIGINT", () => {});
  for (;;) {
    const length = readExactly(4)?.readUInt32LE();
    const body = length === undefined ? undefined : readExactly(length);
    if (body === undefined) process.exit(0);
    const request = JSON.parse(body.toString()) as CheckerRequest & Numbered;
    writeAll(encodeFrame({ id: request.id, ...outcome(checker, request) }));
  }
}

function outcome(checker: Checker, request: CheckerRequest): { result: unknown } | { error: string } {
  try {
    return { result: checker.answer(request) };
  } catch (error) {
    return { error: error instanceof Error ? String(error.stack) : String(error) };
  }
}

/** Undefined at the end of the pipe. */
function readExactly(size: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const read = readSync(requests, bytes, filled, size - filled, null);
    if (read === 0) return undefined;
    filled += read;
  }
  return bytes;
}

function writeAll(bytes: Buffer): void {
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(replies, bytes, written);
  } catch {
    // The kernel is gone.
    process.exit(0);
  }
}
