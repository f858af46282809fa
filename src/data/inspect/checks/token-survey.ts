import type { TokenArray, TokenStream } from "../../files/token-blocks.js";
import { DocumentEnds } from "../document-ends.js";

/** What one pass over all tokens finds. */
export interface TokenSurvey {
  readonly tokens: number;
  readonly sequences: number;
  readonly documents: number;
  /** Undefined without tokens. */
  readonly smallest: TokenAt | undefined;
  readonly largest: TokenAt | undefined;
  readonly emptyDocuments: number;
  /** Sequences that hold nothing but the padding token. */
  readonly allPad: number;
  readonly firstAllPad: number | undefined;
  /** How often the end-of-text token occurs. */
  readonly eodTokens: number;
  /** Documents that are not cut off and whose last token (before padding tokens) is another one. */
  readonly documentsWithoutEod: number;
  readonly firstWithoutEod: number | undefined;
}

/** An id and the sequence in which it was found first. */
export interface TokenAt {
  readonly id: number;
  readonly sequence: number;
}

export interface SurveyOptions {
  readonly eod: number | undefined;
  readonly pad: number | undefined;
  /** Documents of that many tokens are cut off, so that no end is expected in them. */
  readonly cutLength: number | undefined;
  /** Called for every document with its number and the 64 bits of its hash. */
  readonly onDocument?: (document: number, high: number, low: number) => void;
  /** Called after every block with the tokens so far; may throw to end the pass. */
  readonly onBlock?: (tokens: number) => void;
}

/** Goes through all tokens once; memory is bounded by a block. */
export async function surveyTokens(stream: TokenStream, options: SurveyOptions): Promise<TokenSurvey> {
  const ends = await DocumentEnds.open(stream);
  const state = new SurveyState(options);
  const endDocuments = async (sequence: number) => {
    while (ends.next <= sequence) {
      state.endDocument();
      const reading = ends.advance();
      if (reading) await reading;
    }
  };
  for await (const { first, lengths, ids } of stream.blocks()) {
    let at = 0;
    for (let i = 0; i < lengths.length; i++) {
      if (ends.next <= first + i) await endDocuments(first + i);
      const length = lengths[i] as number;
      const part = ids instanceof BigInt64Array ? toNumbers(ids, at, length) : ids.subarray(at, at + length);
      state.addSequence(part, first + i);
      at += length;
    }
    options.onBlock?.(state.tokens);
  }
  await endDocuments(stream.sequences);
  return state.result();
}

function toNumbers(ids: BigInt64Array, at: number, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Number(ids[at + i]));
}

type Numbers = Exclude<TokenArray, BigInt64Array> | Float64Array;

class SurveyState {
  tokens = 0;
  readonly #options: SurveyOptions;
  #sequences = 0;
  #documents = 0;
  #low: TokenAt | undefined;
  #high: TokenAt | undefined;
  #emptyDocuments = 0;
  #allPad = 0;
  #firstAllPad: number | undefined;
  #eodTokens = 0;
  #withoutEod = 0;
  #firstWithoutEod: number | undefined;
  // The document that is open.
  #length = 0;
  #hashA = 0;
  #hashB = 0;
  #last: number | undefined;

  constructor(options: SurveyOptions) {
    this.#options = options;
  }

  addSequence(ids: Numbers, sequence: number): void {
    const { eod, pad } = this.#options;
    let [low, high, fill, ends] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
    let [a, b] = [this.#hashA, this.#hashB];
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      if (id < low) low = id;
      if (id > high) high = id;
      if (id === eod) ends += 1;
      if (id === pad) fill += 1;
      // Two independent multiplicative hashes, each position mixed in.
      a = Math.imul(a ^ id, 0x85ebca6b);
      a ^= a >>> 15;
      b = Math.imul((b + id) | 0, 0x9e3779b1);
      b = (b << 13) | (b >>> 19);
    }
    [this.#hashA, this.#hashB] = [a, b];
    if (ids.length > 0) {
      if (!this.#low || low < this.#low.id) this.#low = { id: low, sequence };
      if (!this.#high || high > this.#high.id) this.#high = { id: high, sequence };
      this.#noteLast(ids, fill);
      if (fill === ids.length) {
        this.#allPad += 1;
        this.#firstAllPad ??= sequence;
      }
    }
    this.tokens += ids.length;
    this.#sequences += 1;
    this.#eodTokens += ends;
    this.#length += ids.length;
  }

  /** The last token that is no padding token; where the padding token is the end-of-text token, the last one. */
  #noteLast(ids: Numbers, fill: number): void {
    const { eod, pad } = this.#options;
    let at = ids.length - 1;
    if (fill > 0 && pad !== eod) while (at >= 0 && ids[at] === pad) at -= 1;
    if (at >= 0) this.#last = ids[at];
  }

  endDocument(): void {
    const { eod, cutLength, onDocument } = this.#options;
    const document = this.#documents;
    if (this.#length === 0) this.#emptyDocuments += 1;
    const cut = cutLength !== undefined && this.#length >= cutLength && this.#last !== eod;
    if (eod !== undefined && this.#last !== eod && !cut) {
      this.#withoutEod += 1;
      this.#firstWithoutEod ??= document;
    }
    onDocument?.(document, mix(this.#hashA ^ this.#length), mix(this.#hashB + this.#length));
    this.#documents += 1;
    this.#length = 0;
    [this.#hashA, this.#hashB] = [0, 0];
    this.#last = undefined;
  }

  result(): TokenSurvey {
    return {
      tokens: this.tokens,
      sequences: this.#sequences,
      documents: this.#documents,
      smallest: this.#low,
      largest: this.#high,
      emptyDocuments: this.#emptyDocuments,
      allPad: this.#allPad,
      firstAllPad: this.#firstAllPad,
      eodTokens: this.#eodTokens,
      documentsWithoutEod: this.#withoutEod,
      firstWithoutEod: this.#firstWithoutEod,
    };
  }
}

function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}
