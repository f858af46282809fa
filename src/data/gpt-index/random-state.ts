/**
 * numpy's legacy `RandomState(seed)`: MT19937 seeded by `init_genrand`, bounded numbers by masked rejection,
 * Fisher–Yates from the end. Source: numpy/random/src/mt19937/mt19937.c, src/distributions/distributions.c
 * (`random_interval`), mtrand.pyx (`_shuffle_raw`). The stream is frozen by numpy's policy for RandomState, so a seed
 * gives the same order with every version of numpy.
 */

const length = 624;
const middle = 397;
const twist = 0x9908b0df | 0;
const upperBit = 0x80000000 | 0;
const lowerBits = 0x7fffffff;
/**
 * Random positions drawn at a time: the rejections of the next ones then don't wait for the memory of the last ones.
 */
const blockPicks = 4096;

export class RandomState {
  readonly #state = new Int32Array(length);
  /** The numbers of the current round, ready to use. */
  readonly #words = new Int32Array(length);
  #at = length;

  /** `seed` from 0 to 2^32 − 1, as numpy demands. */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) throw new RangeError(`seed ${seed}`);
    let value = seed | 0;
    for (let i = 0; i < length; i++) {
      this.#state[i] = value;
      value = (Math.imul(1812433253, value ^ (value >>> 30)) + i + 1) | 0;
    }
  }

  /** The next number, 0 to 2^32 − 1. */
  next32(): number {
    if (this.#at === length) this.#refill();
    return (this.#words[this.#at++] as number) >>> 0;
  }

  /**
   * A number from 0 to `max` (inclusive; up to 2^53 − 1). Above 2^32 − 1 a draw takes two words, the high one first.
   */
  interval(max: number): number {
    if (max === 0) return 0;
    if (max <= 0xffffffff) {
      const mask = maskOf(max);
      for (;;) {
        const value = (this.next32() & mask) >>> 0;
        if (value <= max) return value;
      }
    }
    const mask = maskOf(Math.floor(max / 2 ** 32));
    for (;;) {
      const high = (this.next32() & mask) >>> 0;
      const value = high * 2 ** 32 + this.next32();
      if (value <= max) return value;
    }
  }

  /** Shuffles in place, as `RandomState.shuffle` does with an array of numbers of four or eight bytes. */
  shuffle(values: Int32Array | Uint32Array | Float64Array): void {
    const words =
      values instanceof Float64Array ? values : new Int32Array(values.buffer, values.byteOffset, values.length);
    let last = words.length - 1;
    for (; last > lowerBits; last--) swap(words, last, this.interval(last));
    const picks = new Int32Array(Math.min(blockPicks, Math.max(last, 0)));
    while (last >= 1) {
      const count = Math.min(picks.length, last);
      this.#fillPicks(picks, last, count);
      if (words instanceof Float64Array) swapWide(words, last, picks.subarray(0, count));
      else swapAll(words, last, picks.subarray(0, count));
      last -= count;
    }
  }

  /**
   * `picks[k]` = a number from 0 to `last - k`. Rejected numbers are overwritten by the next one: no branch depends
   * on the draws.
   */
  #fillPicks(picks: Int32Array, last: number, count: number): void {
    const words = this.#words;
    const end = last - count;
    let at = this.#at;
    let max = last;
    while (max > end) {
      if (at === length) {
        this.#refill();
        at = 0;
      }
      const mask = maskOf(max);
      const floor = Math.max(end, mask >>> 1);
      while (max > floor && at < length) {
        const value = (words[at++] as number) & mask;
        picks[last - max] = value;
        max -= (value - max - 1) >>> 31;
      }
    }
    this.#at = at;
  }

  #refill(): void {
    const state = this.#state;
    const words = this.#words;
    let i = 0;
    for (; i < length - middle; i++)
      state[i] = mix(state[i] as number, state[i + 1] as number, state[i + middle] as number);
    for (; i < length - 1; i++)
      state[i] = mix(state[i] as number, state[i + 1] as number, state[i + middle - length] as number);
    state[i] = mix(state[i] as number, state[0] as number, state[middle - 1] as number);
    for (let k = 0; k < length; k++) {
      let y = state[k] as number;
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      words[k] = y ^ (y >>> 18);
    }
    this.#at = 0;
  }
}

function mix(first: number, second: number, far: number): number {
  const y = (first & upperBit) | (second & lowerBits);
  return far ^ (y >>> 1) ^ (-(second & 1) & twist);
}

/** The smallest 2^k − 1 that is not below `max` (at most 2^32 − 1), as a signed 32-bit pattern. */
function maskOf(max: number): number {
  return max === 0 ? 0 : -1 >>> Math.clz32(max);
}

function swap(words: Int32Array | Float64Array, i: number, j: number): void {
  const kept = words[i] as number;
  words[i] = words[j] as number;
  words[j] = kept;
}

/** Swaps `last - k` with `picks[k]`, for every k. */
function swapAll(words: Int32Array, last: number, picks: Int32Array): void {
  for (let k = 0; k < picks.length; k++) {
    const i = last - k;
    const j = picks[k] as number;
    const kept = words[i] as number;
    words[i] = words[j] as number;
    words[j] = kept;
  }
}

/**
 * The same for eight bytes: a function of its own, because one that meets both kinds of array is compiled for
 * neither.
 */
function swapWide(words: Float64Array, last: number, picks: Int32Array): void {
  for (let k = 0; k < picks.length; k++) {
    const i = last - k;
    const j = picks[k] as number;
    const kept = words[i] as number;
    words[i] = words[j] as number;
    words[j] = kept;
  }
}
