// XXH64 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md) with seed 0, of which Zstandard keeps the
// lower 32 bits. 64-bit numbers are pairs of 32 bits (high, low): BigInt is many times slower.

const prime1 = [0x9e3779b1, 0x85ebca87] as const;
const prime2 = [0xc2b2ae3d, 0x27d4eb4f] as const;
const prime3 = [0x165667b1, 0x9e3779f9] as const;
const prime4 = [0x85ebca77, 0xc2b2ae63] as const;
const prime5 = [0x27d4eb2f, 0x165667c5] as const;
type Prime = readonly [number, number];

/** A number that is changed in place. */
class Word {
  high: number;
  low: number;

  constructor(high: number, low: number) {
    this.high = high | 0;
    this.low = low | 0;
  }

  add(high: number, low: number): this {
    const sum = (this.low >>> 0) + (low >>> 0);
    this.high = (this.high + high + (sum > 0xffffffff ? 1 : 0)) | 0;
    this.low = sum | 0;
    return this;
  }

  xor(high: number, low: number): this {
    this.high ^= high;
    this.low ^= low;
    return this;
  }

  /** By 1 to 31 bits, to the left. */
  rotate(bits: number): this {
    const { high, low } = this;
    this.high = (high << bits) | (low >>> (32 - bits));
    this.low = (low << bits) | (high >>> (32 - bits));
    return this;
  }

  multiply([high, low]: Prime): this {
    const own = this.low;
    const [a, b, c, d] = [own >>> 16, own & 0xffff, low >>> 16, low & 0xffff];
    const first = a * d + ((b * d) >>> 16);
    const second = b * c + (first & 0xffff);
    const carry = a * c + Math.floor(first / 65536) + Math.floor(second / 65536);
    this.high = (Math.imul(this.high, low) + Math.imul(own, high) + carry) | 0;
    this.low = Math.imul(own, low);
    return this;
  }

  round(high: number, low: number): this {
    lane.high = high;
    lane.low = low;
    lane.multiply(prime2);
    return this.add(lane.high, lane.low).rotate(31).multiply(prime1);
  }
}

const lane = new Word(0, 0);
const block = 32;

/** The checksum of bytes that come piece by piece. */
export class Xxh64 {
  readonly #words: readonly [Word, Word, Word, Word];
  readonly #rest = Buffer.alloc(block);
  #held = 0;
  #total = 0;

  constructor() {
    const first = new Word(...prime1).add(...prime2);
    const last = new Word(0, 0).add(~prime1[0], ~prime1[1]).add(0, 1);
    this.#words = [first, new Word(...prime2), new Word(0, 0), last];
  }

  update(bytes: Uint8Array): void {
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#total += data.length;
    let at = 0;
    if (this.#held > 0) {
      at = Math.min(block - this.#held, data.length);
      data.copy(this.#rest, this.#held, 0, at);
      this.#held += at;
      if (this.#held < block) return;
      this.#blocks(this.#rest, 0, block);
      this.#held = 0;
    }
    const end = at + block * Math.floor((data.length - at) / block);
    this.#blocks(data, at, end);
    data.copy(this.#rest, 0, end);
    this.#held = data.length - end;
  }

  #blocks(data: Buffer, start: number, end: number): void {
    const [a, b, c, d] = this.#words;
    for (let at = start; at < end; at += block) {
      a.round(data.readInt32LE(at + 4), data.readInt32LE(at));
      b.round(data.readInt32LE(at + 12), data.readInt32LE(at + 8));
      c.round(data.readInt32LE(at + 20), data.readInt32LE(at + 16));
      d.round(data.readInt32LE(at + 28), data.readInt32LE(at + 24));
    }
  }

  /** The lower 32 bits. */
  digest(): number {
    const sum = this.#total < block ? new Word(...prime5) : this.#merged();
    sum.add(Math.floor(this.#total / 2 ** 32), this.#total);
    const rest = this.#rest.subarray(0, this.#held);
    let at = 0;
    for (; at + 8 <= rest.length; at += 8) {
      const { high, low } = new Word(0, 0).round(rest.readInt32LE(at + 4), rest.readInt32LE(at));
      sum
        .xor(high, low)
        .rotate(27)
        .multiply(prime1)
        .add(...prime4);
    }
    if (at + 4 <= rest.length) {
      const { high, low } = new Word(0, rest.readInt32LE(at)).multiply(prime1);
      sum
        .xor(high, low)
        .rotate(23)
        .multiply(prime2)
        .add(...prime3);
      at += 4;
    }
    for (; at < rest.length; at++) {
      const { high, low } = new Word(0, rest[at] as number).multiply(prime5);
      sum.xor(high, low).rotate(11).multiply(prime1);
    }
    sum.xor(0, sum.high >>> 1).multiply(prime2); // x ^= x >>> 33
    sum.xor(sum.high >>> 29, (sum.low >>> 29) | (sum.high << 3)).multiply(prime3); // x ^= x >>> 29
    return (sum.low ^ sum.high) >>> 0; // x ^= x >>> 32
  }

  #merged(): Word {
    const sum = new Word(0, 0);
    for (const [i, bits] of [1, 7, 12, 18].entries()) {
      const { high, low } = this.#words[i] as Word;
      const turned = new Word(high, low).rotate(bits);
      sum.add(turned.high, turned.low);
    }
    for (const { high, low } of this.#words) {
      const rounded = new Word(0, 0).round(high, low);
      sum
        .xor(rounded.high, rounded.low)
        .multiply(prime1)
        .add(...prime4);
    }
    return sum;
  }
}
