/**
 * Brackets and quotes of WikiText's cleaning rules 12 to 16. Each is a regular expression over the whole text, like
 * `\(\s*([^\)]*?)\s*\)`: an opener pairs with the next closer, whatever lies between, and an opener without any
 * closer after it stays alone. Where a part of a text begins, it takes three things per kind to go on as if
 * everything before had been read.
 */
export interface PairState {
  /** Bit k: an opener of kind k is waiting for its closer. */
  readonly inside: number;
  /** Closers of each kind that have been passed. */
  readonly seen: readonly number[];
}

/** Kinds: parentheses, brackets, braces, double quotes, single quotes. */
export const pairKinds = 5;
export const startOfText: PairState = { inside: 0, seen: [0, 0, 0, 0, 0] };

/** For each byte: kind + 1 of the pair that it opens, or 0. */
export const opens = new Uint8Array(256);
/** For each byte: kind + 1 of the pair that it closes, or 0. */
export const closes = new Uint8Array(256);
for (const [kind, [open, close]] of ["()", "[]", "{}", '""', "''"].entries() as Iterable<[number, [string, string]]>) {
  opens[open.charCodeAt(0)] = kind + 1;
  closes[close.charCodeAt(0)] = kind + 1;
}

/** Walks over the brackets of a text. */
export class PairWalker {
  #inside: number;
  readonly #seen: number[];
  readonly #totals: readonly number[];

  /** `totals`: closers of each kind in the whole text. */
  constructor(state: PairState, totals: readonly number[]) {
    this.#inside = state.inside;
    this.#seen = [...state.seen];
    this.#totals = totals;
  }

  /** Takes the next bracket or quote; says whether it begins a pair, ends one, or is plain text. */
  step(byte: number): "open" | "close" | "plain" {
    const closing = (closes[byte] as number) - 1;
    const opening = (opens[byte] as number) - 1;
    const kind = closing >= 0 ? closing : opening;
    const wasInside = (this.#inside & (1 << kind)) !== 0;
    if (closing >= 0) this.#seen[kind] = (this.#seen[kind] as number) + 1;
    if (wasInside) {
      if (closing < 0) return "plain";
      this.#inside &= ~(1 << kind);
      return "close";
    }
    if (opening < 0 || (this.#seen[kind] as number) >= (this.#totals[kind] as number)) return "plain";
    this.#inside |= 1 << kind;
    return "open";
  }
}
