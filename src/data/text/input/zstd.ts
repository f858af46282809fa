import * as zlib from "node:zlib";
import type { Decompress as FzstdDecompress } from "fzstd";
import { formatBytes } from "../../../core/units.js";
import { throughTransform } from "./transform.js";
import { Xxh64 } from "./xxh64.js";

// Zstandard frame by frame (RFC 8878). Node's decompressor takes cut files for whole and does not go beyond the first
// frame (22.22, 24.21); the library in JavaScript for earlier versions compares no checksums.

/** 128 MiB, as the command zstd and Node allow without being asked. */
const largestWindow = 2 ** 27;

/** The frame needs more memory than decompressors give without being asked. */
export class LargeWindow extends Error {
  constructor(bytes: number) {
    super(`a frame with a window of ${formatBytes(bytes)}, more than ${formatBytes(largestWindow)}`);
  }

  hint(path: string): string {
    return `unpack it first: zstd -d --long=31 ${JSON.stringify(path)}`;
  }
}

const mismatch = "a checksum that doesn't match the data";
const frameMagic = 0xfd2fb528;
const dictionaryBytes = [0, 1, 2, 4] as const;
const sizeBytes = [0, 2, 4, 8] as const;

/** Takes bytes off a stream, as many as are asked for. */
class Taker {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** False at the end of the stream. */
  async hasMore(): Promise<boolean> {
    return this.#held.length > 0 || (await this.#fill());
  }

  async take(count: number): Promise<Buffer> {
    while (this.#held.length < count && (await this.#fill()));
    if (this.#held.length < count) throw new Error("unexpected end of file");
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      if (!(await this.hasMore())) throw new Error("unexpected end of file");
      left -= (await this.take(Math.min(left, this.#held.length))).length;
    }
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #fill(): Promise<boolean> {
    for (;;) {
      const { value, done } = await this.#source.next();
      if (done) return false;
      if (value.length === 0) continue;
      this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
      return true;
    }
  }
}

interface Frame {
  readonly pieces: AsyncGenerator<Buffer>;
  /** Lower 32 bits of the content's XXH64, when all pieces have been taken; undefined if the frame has none. */
  checksum(): number | undefined;
}

/** The bytes of the text. Throws an Error for damaged data, with what was found. */
export async function* zstandard(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const taker = new Taker(source);
  try {
    while (await taker.hasMore()) {
      const magic = (await taker.take(4)).readUInt32LE();
      if (magic >>> 4 === 0x184d2a5) await taker.skip((await taker.take(4)).readUInt32LE());
      else if (magic === frameMagic) yield* decompressed(frameOf(taker));
      else throw new Error(`bytes that begin no Zstandard frame: ${magic.toString(16).padStart(8, "0")}`);
    }
  } finally {
    await taker.close();
  }
}

/** RFC 8878, 3.1.1.1.2: exponent in the upper 5 bits, eighths in the lower 3. */
function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

function frameOf(taker: Taker): Frame {
  let checksum: number | undefined;
  async function* pieces(): AsyncGenerator<Buffer> {
    const magic = Buffer.alloc(4);
    magic.writeUInt32LE(frameMagic);
    yield magic;
    const descriptor = await taker.take(1);
    yield descriptor;
    const flags = descriptor[0] as number;
    const single = (flags & 0x20) !== 0;
    const size = sizeBytes[(flags >>> 6) as 0 | 1 | 2 | 3] || (single ? 1 : 0);
    const header = await taker.take((single ? 0 : 1) + dictionaryBytes[(flags & 3) as 0 | 1 | 2 | 3] + size);
    if (!single && windowBytes(header[0] as number) > largestWindow)
      throw new LargeWindow(windowBytes(header[0] as number));
    yield header;
    for (let last = false; !last; ) {
      const header = await taker.take(3);
      yield header;
      const block = header.readUIntLE(0, 3);
      last = (block & 1) === 1;
      const isRepeated = ((block >>> 1) & 3) === 1;
      yield await taker.take(isRepeated ? 1 : block >>> 3);
    }
    if ((flags & 4) === 0) return;
    const sum = await taker.take(4);
    checksum = sum.readUInt32LE();
    yield sum;
  }
  return { pieces: pieces(), checksum: () => checksum };
}

/** Node has Zstandard from 22.15 on and compares the checksum; before, a library in JavaScript does the first. */
async function* decompressed(frame: Frame): AsyncGenerator<Buffer> {
  const own = (zlib as { createZstdDecompress?: () => zlib.Gunzip }).createZstdDecompress;
  if (own) {
    yield* throughTransform(frame.pieces, own());
    return;
  }
  const { Decompress } = await import("fzstd");
  const hash = new Xxh64();
  let ready: Buffer[] = [];
  const decoder = new Decompress((data) => {
    if (data.length > 0) ready.push(Buffer.from(data));
  });
  let waiting: Buffer | undefined;
  for await (const piece of frame.pieces) {
    if (waiting) decoder.push(waiting);
    waiting = Buffer.from(piece);
    for (const one of ready) hash.update(one);
    yield* ready;
    ready = [];
  }
  decoder.push(waiting ?? Buffer.alloc(0), true);
  for (const one of ready) hash.update(one);
  yield* ready;
  const expected = frame.checksum();
  if (expected !== undefined && expected !== hash.digest()) throw new Error(mismatch);
}

/** The same for bytes that are all there. `Decompress`: fzstd's, for Node before 22.15. */
export function zstandardBytes(bytes: Uint8Array, Decompress: typeof FzstdDecompress): Uint8Array {
  const own = (zlib as { zstdDecompressSync?: (data: Uint8Array) => Buffer }).zstdDecompressSync;
  if (own) return own(bytes);
  const ready: Buffer[] = [];
  new Decompress((data) => void ready.push(Buffer.from(data))).push(bytes, true);
  const text = Buffer.concat(ready);
  const isChecked = ((bytes[4] ?? 0) & 4) !== 0; // pages are one frame
  if (!isChecked) return text;
  const hash = new Xxh64();
  hash.update(text);
  const sum = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32LE(bytes.length - 4);
  if (sum !== hash.digest()) throw new Error(mismatch);
  return text;
}
