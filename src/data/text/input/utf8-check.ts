import { isUtf8 } from "node:buffer";
import { sequenceAt } from "./utf8-repair.js";

/** Looks for bytes that are not UTF-8 in a stream. */
export class Utf8Check {
  /** Offset of the first byte that begins no character; undefined while there is none. */
  firstBad: number | undefined;
  #tail = Buffer.alloc(0);
  #base: number;

  /** `from`: offset of the first byte that will come, which begins a character. */
  constructor(from = 0, firstBad?: number) {
    this.#base = from;
    this.firstBad = firstBad;
  }

  push(block: Buffer): void {
    if (this.firstBad !== undefined) return;
    const data = this.#tail.length === 0 ? block : Buffer.concat([this.#tail, block]);
    const cut = data.length - openCharacter(data);
    this.#check(data.subarray(0, cut));
    this.#base += cut;
    this.#tail = Buffer.from(data.subarray(cut));
  }

  finish(): void {
    if (this.#tail.length > 0) this.firstBad ??= this.#base;
  }

  #check(data: Buffer): void {
    if (isUtf8(data)) return;
    for (let at = 0; at < data.length; ) {
      const { width, valid } = sequenceAt(data, at);
      if (!valid) {
        this.firstBad = this.#base + at;
        return;
      }
      at += width;
    }
  }
}

/** Length of a character at the end of `data` that has begun but is not complete: 0 to 3. */
function openCharacter(data: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, data.byteLength); back++) {
    const byte = data[data.byteLength - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}
