/** JSON in the making, as bytes. */
export class JsonBytes {
  #bytes = new Uint8Array(256 * 1024);
  length = 0;

  text(text: string): void {
    this.#require(3 * text.length);
    this.length += new TextEncoder().encodeInto(text, this.#bytes.subarray(this.length)).written;
  }

  byte(byte: number): void {
    this.#require(1);
    this.#bytes[this.length++] = byte;
  }

  /** A whole number from 0 on. */
  number(value: number): void {
    this.#require(16);
    let size = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) size++;
    this.length += size;
    for (let [at, rest] = [this.length - 1, value]; size > 0; size--, at--) {
      this.#bytes[at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }

  /** UTF-8 as a string with quotes and escapes. */
  quoted(bytes: Uint8Array, from: number, to: number): void {
    const start = this.length;
    this.#require(to - from + 2);
    let end = start;
    this.#bytes[end++] = 0x22;
    for (let i = from; i < to; i++) {
      const byte = bytes[i] as number;
      if (byte < 0x20 || byte === 0x22 || byte === 0x5c) {
        this.text(JSON.stringify(Buffer.from(bytes.subarray(from, to)).toString("utf8")));
        return;
      }
      this.#bytes[end++] = byte;
    }
    this.#bytes[end++] = 0x22;
    this.length = end;
  }

  /** Once more what stands at `[from, to)`. */
  again(from: number, to: number): void {
    this.#require(to - from);
    for (let i = from; i < to; i++) this.#bytes[this.length++] = this.#bytes[i] as number;
  }

  toString(): string {
    return Buffer.from(this.#bytes.buffer, 0, this.length).toString("utf8");
  }

  #require(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
