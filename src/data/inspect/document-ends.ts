import type { TokenStream } from "../files/token-blocks.js";

/** Where documents end, one after the other, read block by block. */
export class DocumentEnds {
  readonly #blocks: AsyncGenerator<BigInt64Array> | undefined;
  #block: BigInt64Array = new BigInt64Array(0);
  #at = 0;
  /** The number of sequences in all documents up to the one that is open; infinite behind the last. */
  next = 0;

  private constructor(stream: Pick<TokenStream, "documentEnds">) {
    this.#blocks = stream.documentEnds?.();
  }

  /** Without document ends every sequence is a document. */
  static async open(stream: Pick<TokenStream, "documentEnds">): Promise<DocumentEnds> {
    const ends = new DocumentEnds(stream);
    const reading = ends.advance();
    if (reading) await reading;
    return ends;
  }

  /**
   * Goes on to the next document; gives a promise only where a block has to be read first (a promise for each would
   * cost more than the rest).
   */
  advance(): Promise<void> | undefined {
    if (!this.#blocks) {
      this.next += 1;
      return undefined;
    }
    if (this.#at === this.#block.length) return this.#read(this.#blocks);
    this.next = Number(this.#block[this.#at]);
    this.#at += 1;
    return undefined;
  }

  async #read(blocks: AsyncGenerator<BigInt64Array>): Promise<void> {
    const found = await blocks.next();
    this.#at = 0;
    if (found.done) this.next = Number.POSITIVE_INFINITY;
    else {
      this.#block = found.value;
      const more = this.advance();
      if (more) await more;
    }
  }
}
