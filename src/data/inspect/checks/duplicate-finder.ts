/** Two documents with the same hash; whether their tokens are the same has to be looked up. */
export interface HashMatch {
  readonly first: number;
  readonly again: number;
}

/**
 * Finds documents with equal 64-bit hashes in bounded memory: an open table of 12 bytes a slot, two slots a document,
 * for at most `capacity` documents of one share of the hashes; larger datasets are gone through once per share.
 */
export class DuplicateFinder {
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  /** Number of the document plus 1; 0: free. */
  readonly #document: Uint32Array;
  readonly #mask: number;
  readonly #shares: number;
  readonly #share: number;
  #stored = 0;
  /** Documents whose hash was there before. */
  matches = 0;
  /** The first of them. */
  readonly examples: HashMatch[] = [];

  constructor(
    documents: number,
    { shares, share, capacity }: { readonly shares: number; readonly share: number; readonly capacity: number },
  ) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, 2 * Math.min(documents, capacity))));
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#document = new Uint32Array(slots);
    this.#mask = slots - 1;
    this.#shares = shares;
    this.#share = share;
  }

  /** Takes a document unless its hash belongs to another share. */
  add(document: number, high: number, low: number): void {
    if (this.#shares > 1 && high % this.#shares !== this.#share) return;
    let slot = low & this.#mask;
    for (;;) {
      const stored = this.#document[slot] as number;
      if (stored === 0) break;
      if (this.#high[slot] === high && this.#low[slot] === low) {
        this.matches += 1;
        if (this.examples.length < 1000) this.examples.push({ first: stored - 1, again: document });
        return;
      }
      slot = (slot + 1) & this.#mask;
    }
    // A share that is much larger than the others must not fill the table: the rest is not looked at.
    if (this.#stored >= this.#mask * 0.9) return;
    this.#stored += 1;
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#document[slot] = document + 1;
  }
}

/** Documents per pass: 8 million take 192 MB. */
export const finderCapacity = 8_000_000;

/** How many passes a number of documents needs. */
export function sharesFor(documents: number, capacity: number = finderCapacity): number {
  return Math.max(1, Math.ceil(documents / capacity));
}
