import { StringDecoder } from "node:string_decoder";
import { type Cell, outputCell } from "../cell/cell-context.js";
import type { Publisher } from "../cell/publisher.js";
import { createTextFlow, type StreamName } from "./text-flow.js";

/** What is written is held back until so much time (ms) has passed or so much text (UTF-16 units) has come together. */
const maxDelay = 50;
const maxLength = 65_536;

export interface Streams {
  /** Adds what a cell wrote; it belongs to the cell whose code wrote it. */
  write(name: StreamName, data: string | Uint8Array, encoding?: BufferEncoding): void;
  /** Hands everything that is held back to the publisher. */
  flush(): void;
  /** Says what was held back of a cell that is over, if anything was. */
  finish(cell: Cell): void;
}

/**
 * Text of stdout and stderr on its way to the front end: few large messages in place of many small ones, in the order
 * of writing.
 */
export function createStreams(
  publisher: Publisher,
  clock: { now(): number; after(milliseconds: number, fn: () => void): void } = systemClock,
): Streams {
  const decoders = new WeakMap<object, Record<StreamName, StringDecoder>>();
  const flow = createTextFlow(publisher, clock.now);
  const nowhere = {};
  let held: { readonly cell: Cell | undefined; readonly name: StreamName; readonly since: number } | undefined;
  let pieces: string[] = [];
  let length = 0;

  const flush = (): void => {
    const text = pieces.join("");
    const from = held;
    pieces = [];
    length = 0;
    held = undefined;
    if (from === undefined || text === "" || from.cell?.silent === true) return;
    flow.send(from.cell, from.name, text);
  };
  const decode = (cell: Cell | undefined, name: StreamName, data: Uint8Array): string => {
    const key = cell ?? nowhere;
    const own = decoders.get(key) ?? { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
    decoders.set(key, own);
    return own[name].write(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  };
  return {
    flush,
    finish(cell) {
      flush();
      flow.finish(cell);
    },
    write(name, data, encoding) {
      const cell = outputCell();
      const isText = encoding === undefined || /^utf-?8$/i.test(encoding);
      const text =
        typeof data !== "string"
          ? decode(cell, name, data)
          : isText
            ? data
            : decode(cell, name, Buffer.from(data, encoding));
      if (held !== undefined && (held.cell !== cell || held.name !== name)) flush();
      if (held === undefined) {
        held = { cell, name, since: clock.now() };
        const mine = held;
        clock.after(maxDelay, () => {
          if (held === mine) flush();
        });
      }
      pieces.push(text);
      length += text.length;
      // A cell that blocks keeps timers from firing, so the clock is also looked at here.
      if (length >= maxLength || clock.now() - held.since >= maxDelay) flush();
    },
  };
}

const systemClock = {
  now: () => performance.now(),
  after: (milliseconds: number, fn: () => void) => void setTimeout(fn, milliseconds).unref(),
};
