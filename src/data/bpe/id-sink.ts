/** A list of token ids that grows. */
export class IdSink {
  // Small, so that it has grown before V8 compiles the code that puts ids into it: what is new to that code would
  // have it compiled again.
  #ids = new Int32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(ids: ArrayLike<number>): void {
    this.copy(ids, 0, ids.length);
  }

  /** Appends `count` ids of `from`, from position `start` on. */
  copy(from: ArrayLike<number>, start: number, count: number): void {
    const length = this.#length;
    if (length + count > this.#ids.length) this.#grow(length + count);
    const ids = this.#ids;
    for (let i = 0; i < count; i++) ids[length + i] = from[start + i] as number;
    this.#length = length + count;
  }

  /** Forgets what came after the first `length` ids. */
  truncate(length: number): void {
    this.#length = Math.min(length, this.#length);
  }

  /** A copy of the ids from `start` on. */
  slice(start = 0, end = this.#length): Int32Array {
    return this.#ids.slice(start, Math.min(end, this.#length));
  }

  #grow(needed: number): void {
    const larger = new Int32Array(Math.max(needed, this.#ids.length * 2));
    larger.set(this.#ids.subarray(0, this.#length));
    this.#ids = larger;
  }
}
