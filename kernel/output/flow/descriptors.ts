import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { currentCell, outputCell } from "../../cell/cell-context.js";
import type { StreamName } from "./text-flow.js";

/** Writes text or bytes to a stream of the cell. */
export type WriteTo = (name: StreamName, data: string | Uint8Array, encoding?: BufferEncoding) => void;

type Callback = (error: Error | null, written: number, data: unknown) => void;
// biome-ignore lint/suspicious/noExplicitAny: functions of Node, of any arguments
type Function_ = (...given: any[]) => any;

/** The stream of the cell that a file descriptor of the kernel stands for. */
export function streamOfDescriptor(descriptor: unknown): StreamName | undefined {
  if (descriptor === 1 || descriptor === process.stdout) return "stdout";
  return descriptor === 2 || descriptor === process.stderr ? "stderr" : undefined;
}

/**
 * Lets what `node:fs` writes to the descriptors 1 and 2 go to the cell, as loggers do it: they lead to the log of the
 * notebook server.
 */
export function captureDescriptors(write: WriteTo): void {
  const capture = (name: string, put: (stream: StreamName, given: readonly unknown[]) => unknown): void => {
    const module = fs as unknown as Record<string, Function_>;
    const original = module[name] as Function_;
    const replacement = function (this: unknown, descriptor: unknown, ...given: unknown[]): unknown {
      const stream = typeof descriptor === "number" ? streamOfDescriptor(descriptor) : undefined;
      if (stream === undefined || outputCell() === undefined) return original.call(this, descriptor, ...given);
      return put(stream, given);
    };
    module[name] = Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
  };
  const one = (stream: StreamName, [data, ...rest]: readonly unknown[]): number => {
    const { bytes, encoding } = pieceOf(data, rest);
    write(stream, bytes, encoding);
    return typeof bytes === "string" ? Buffer.byteLength(bytes, encoding) : bytes.byteLength;
  };
  const all = (stream: StreamName, [list]: readonly unknown[]): number =>
    (list as readonly Uint8Array[]).reduce((sum, part) => sum + one(stream, [part]), 0);
  const later =
    (put: typeof one) =>
    (stream: StreamName, given: readonly unknown[]): void => {
      const written = put(stream, given);
      const callback = given.findLast((value) => typeof value === "function") as Callback | undefined;
      if (callback !== undefined) process.nextTick(callback, null, written, given[0]);
    };
  capture("writeSync", one);
  capture("writevSync", all);
  capture("write", later(one));
  capture("writev", later(all));
  const whole = (stream: StreamName, given: readonly unknown[]): void => void one(stream, given);
  for (const name of ["writeFileSync", "appendFileSync"]) capture(name, whole);
  for (const name of ["writeFile", "appendFile"]) capture(name, later(one));
  refuseInput();
  syncBuiltinESMExports();
}

/** The kernel's own input is empty; a cell that reads it learns what asks the user. */
function refuseInput(): void {
  const module = fs as unknown as Record<string, Function_>;
  for (const name of ["readSync", "readFileSync"]) {
    const original = module[name] as Function_;
    const replacement = function (this: unknown, from: unknown, ...given: unknown[]): unknown {
      const isInput = from === 0 || from === "/dev/stdin";
      if (!isInput || currentCell() === undefined) return original.call(this, from, ...given);
      throw new Error(
        `fs.${name}(${JSON.stringify(from)}): a notebook has no standard input. To ask the user: prompt("…")`,
      );
    };
    module[name] = Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
  }
}

/**
 * Of `(text, position?, encoding?)`, `(text, options)`, `(bytes, offset?, length?)`, and `(bytes, { offset, length })`.
 */
function pieceOf(
  data: unknown,
  rest: readonly unknown[],
): { readonly bytes: string | Uint8Array; readonly encoding?: BufferEncoding } {
  if (typeof data === "string") {
    const encoding = rest.find((value) => typeof value === "string" && Buffer.isEncoding(value)) as BufferEncoding;
    return encoding === undefined ? { bytes: data } : { bytes: data, encoding };
  }
  const view = data as ArrayBufferView;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const [first, second] = rest;
  const options = (typeof first === "object" && first !== null ? first : { offset: first, length: second }) as {
    readonly offset?: unknown;
    readonly length?: unknown;
  };
  const offset = typeof options.offset === "number" ? options.offset : 0;
  const length = typeof options.length === "number" ? options.length : bytes.length - offset;
  // Of its own: it may be used again before it is shown.
  return { bytes: bytes.slice(offset, offset + length) };
}
