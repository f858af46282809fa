import { StringDecoder } from "node:string_decoder";
import { type Cell, outputCell } from "../../cell/cell-context.js";
import type { Publisher } from "../../cell/publisher.js";
import { createBudget } from "./budget.js";
import { createTextFlow, type StreamName } from "./text-flow.js";

/** What is written is held back until so much time (ms) has passed or so much text (UTF-16 units) has come together. */
const maxDelay = 50;
const maxLength = 65_536;

/**
 * So often may two streams, or two cells, take turns and keep the exact order of all that is written: each turn is a
 * message. After that the order within each stream is kept.
 */
const switchLimits = { burst: 300, perSecond: 20 };

interface Held {
  readonly cell: Cell | undefined;
  readonly name: StreamName;
  readonly pieces: string[];
}

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
  let held: Held[] = [];
  let since = 0;
  let length = 0;
  let switches = createBudget(switchLimits, clock.now);

  const flush = (): void => {
    const all = held;
    held = [];
    length = 0;
    for (const { cell, name, pieces } of all) {
      const text = pieces.join("");
      if (text !== "" && cell?.silent !== true) flow.send(cell, name, text);
    }
  };
  /** Behind what was written last or, if streams take turns too often, behind the last of its own. */
  const placeFor = (cell: Cell | undefined, name: StreamName): Held | undefined => {
    const last = held.at(-1);
    if (last === undefined) return undefined;
    const isOwn = (one: Held): boolean => one.cell === cell && one.name === name;
    if (isOwn(last)) return last;
    return switches.take(1) ? undefined : held.findLast(isOwn);
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
      switches = createBudget(switchLimits, clock.now);
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
      if (held.length === 0) {
        since = clock.now();
        const mine = since;
        clock.after(maxDelay, () => {
          if (held.length > 0 && since === mine) flush();
        });
      }
      const place = placeFor(cell, name);
      if (place === undefined) held.push({ cell, name, pieces: [text] });
      else place.pieces.push(text);
      length += text.length;
      // A cell that blocks keeps timers from firing, so the clock is also looked at here.
      if (length >= maxLength || clock.now() - since >= maxDelay) flush();
    },
  };
}

const systemClock = {
  now: () => performance.now(),
  after: (milliseconds: number, fn: () => void) => void setTimeout(fn, milliseconds).unref(),
};
