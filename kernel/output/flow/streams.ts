import { StringDecoder } from "node:string_decoder";
import { type Cell, outputCell } from "../../cell/cell-context.js";
import type { Publisher } from "../../cell/publisher.js";
import { now } from "../../core/clock.js";
import { createBudget } from "./budget.js";
import type { DrainNative } from "./native-output.js";
import { createTextFlow, type StreamName } from "./text-flow.js";

/** What is written is held back until so much time (ms) has passed or so much text (UTF-16 units) has come together. */
const maxDelay = 50;
const maxLength = 65_536;

/**
 * So often may two streams, or two cells, take turns and keep the exact order of all that is written: each turn is a
 * message. After that the order within each stream is kept.
 */
const switchLimits = { burst: 300, perSecond: 20 };

/**
 * So often is looked for output of native code before text of JavaScript is added, so that both keep their order.
 * A look takes some 30 µs; one that finds something doesn't count.
 */
const lookLimits = { burst: 20, perSecond: 100 };

interface Held {
  readonly cell: Cell | undefined;
  readonly name: StreamName;
  readonly pieces: string[];
}

export interface Streams {
  /** Adds what a cell wrote; it belongs to the cell whose code wrote it. */
  write(name: StreamName, data: string | Uint8Array, encoding?: BufferEncoding): void;
  /** Adds what native code or a child process wrote and somebody has read. */
  take(name: StreamName, bytes: Uint8Array): void;
  /** Hands everything that is held back to the publisher; unless told not to, looks for output of native code first. */
  flush(options?: { readonly native: boolean }): void;
  /** After a flush: names the file with the text of an ended cell that was not shown, if there is any. */
  finish(cell: Cell): void;
}

/**
 * Text of stdout and stderr on its way to the front end: few large messages in place of many small ones, in the order
 * of writing.
 */
export function createStreams(
  publisher: Publisher,
  clock: { now(): number; after(milliseconds: number, fn: () => void): void } = systemClock,
  drainNative: DrainNative = () => false,
): Streams {
  const flow = createTextFlow(publisher, clock.now);
  const textOf = createDecoding();
  let held: Held[] = [];
  let since = 0;
  let length = 0;
  let switches = createBudget(switchLimits, clock.now);
  const looks = createBudget(lookLimits, clock.now);
  let found = true;

  const takeNative = (): void => {
    found = drainNative(add);
  };
  const flush = ({ native } = { native: true }): void => {
    if (native) takeNative();
    send();
  };
  const send = (): void => {
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
  function add(name: StreamName, data: string | Uint8Array, encoding?: BufferEncoding): void {
    const cell = outputCell();
    const isText = typeof data === "string" && (encoding === undefined || /^utf-?8$/i.test(encoding));
    const bytes = typeof data === "string" && !isText ? Buffer.from(data, encoding) : data;
    const text = typeof bytes === "string" ? bytes : textOf(cell, name, bytes);
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
    if (length >= maxLength || clock.now() - since >= maxDelay) send();
  }
  return {
    flush,
    finish(cell) {
      send();
      flow.finish(cell);
      switches = createBudget(switchLimits, clock.now);
    },
    write(name, data, encoding) {
      if (found || looks.take(1)) takeNative();
      add(name, data, encoding);
    },
    take: add,
  };
}

/** Text of bytes that come in pieces, which may end within a character. */
function createDecoding(): (cell: Cell | undefined, name: StreamName, data: Uint8Array) => string {
  const decoders = new WeakMap<object, Record<StreamName, StringDecoder>>();
  const nowhere = {};
  return (cell, name, data) => {
    const key = cell ?? nowhere;
    const own = decoders.get(key) ?? { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
    decoders.set(key, own);
    return own[name].write(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  };
}

const systemClock = {
  now,
  after: (milliseconds: number, fn: () => void) => void setTimeout(fn, milliseconds).unref(),
};
