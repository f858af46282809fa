// A line end in a separator stands for every kind of line end in the text: \n, \r\n and \r.

/** The separator with \n for every line end. */
export function plainSeparator(separator: string): Buffer {
  return Buffer.from(separator.replace(/\r\n?/g, "\n"));
}

/** Texts between separators; empty ones are left out and counted, but not the nothing after the last separator. */
export function separated(bytes: Buffer, separator: string): { bounds: number[]; skipped: number } {
  const plain = plainSeparator(separator);
  const next = bytes.includes(13) && plain.includes(10) ? patternFinder(bytes, plain) : plainFinder(bytes, plain);
  const bounds: number[] = [];
  let skipped = 0;
  let start = 0;
  for (let found = next(0); found; found = next(start)) {
    if (found.start > start) bounds.push(start, found.start);
    else skipped++;
    start = found.end;
  }
  if (start < bytes.length) bounds.push(start, bytes.length);
  return { bounds, skipped };
}

type Finder = (from: number) => { readonly start: number; readonly end: number } | undefined;

function plainFinder(bytes: Buffer, separator: Buffer): Finder {
  return (from) => {
    const start = bytes.indexOf(separator, from);
    return start < 0 ? undefined : { start, end: start + separator.length };
  };
}

function patternFinder(bytes: Buffer, separator: Buffer): Finder {
  // Latin-1 maps every byte to one character.
  const text = bytes.toString("latin1");
  const escaped = separator.toString("latin1").replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const pattern = new RegExp(escaped.replaceAll("\n", "(?:\\r\\n|(?<!\\r)\\n|\\r(?!\\n))"), "g");
  return (from) => {
    pattern.lastIndex = from;
    const found = pattern.exec(text);
    return found ? { start: found.index, end: found.index + found[0].length } : undefined;
  };
}

/** Turns the line ends of a stream into \n and knows where each byte came from. */
export class PlainLineEnds {
  /** Offset of the next byte, counted without what was left out. */
  #at: number;
  #afterReturn = false;
  /** Offsets before which a \n behind a \r was left out, ascending. */
  #dropped: number[] = [];
  #droppedBefore = 0;

  /** `from`: offset of the first byte that will come. */
  constructor(from: number) {
    this.#at = from;
  }

  push(block: Buffer): Buffer {
    if (!this.#afterReturn && !block.includes(13)) {
      this.#at += block.length;
      return block;
    }
    const plain = Buffer.allocUnsafe(block.length);
    let length = 0;
    for (const byte of block) {
      if (byte === 10 && this.#afterReturn) this.#dropped.push(this.#at + length);
      else plain[length++] = byte === 13 ? 10 : byte;
      this.#afterReturn = byte === 13;
    }
    this.#at += length;
    return plain.subarray(0, length);
  }

  /** Offset in the stream as it came. Asked for in ascending order. */
  sourceOf(offset: number): number {
    const later = this.#dropped.findIndex((one) => one > offset);
    const before = later < 0 ? this.#dropped.length : later;
    this.#droppedBefore += before;
    this.#dropped = this.#dropped.slice(before);
    return offset + this.#droppedBefore;
  }
}
