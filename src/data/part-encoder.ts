import type { Tokenizer } from "tokenizers";
import { ByteEncoder } from "./bpe/byte-encoder.js";
import type { BytePlan } from "./bpe/plan.js";
import { IdSink } from "./id-sink.js";
import type { PartDocuments } from "./part-documents.js";
import type { TokenBatch } from "./tokenize-protocol.js";

export interface EncoderRules {
  readonly plan: BytePlan | undefined;
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly endOfDocument: number | undefined;
}

/** Longest text (bytes) that is compared with the native library. */
const longestSample = 4096;

/** Texts → ids: by the fast way where it is exact, by the native library (opened when it is needed) for the rest. */
export class PartEncoder {
  readonly #rules: EncoderRules;
  readonly #fast: ByteEncoder | undefined;
  readonly #open: () => Promise<Tokenizer>;
  readonly #sink = new IdSink();
  #native: Tokenizer | undefined;
  #nativeTexts = 0;
  #sample: TokenBatch["sample"];

  constructor(rules: EncoderRules, open: () => Promise<Tokenizer>) {
    this.#rules = rules;
    this.#fast = rules.plan && new ByteEncoder(rules.plan);
    this.#open = open;
  }

  /** `stopped` is asked before every document. */
  async encode(documents: PartDocuments, stopped: () => boolean): Promise<TokenBatch> {
    const { bounds, texts, skipped, repaired } = documents;
    const lengths = new Int32Array(bounds.length / 2);
    const count = texts?.length ?? lengths.length;
    const sampleFrom = lengths.length >> 1;
    this.#sink.truncate(0);
    this.#nativeTexts = 0;
    this.#sample = undefined;
    let text = 0;
    for (let document = 0; document < count && !stopped(); document++) {
      const begin = this.#sink.length;
      const last = text + (texts?.[document] ?? 1);
      for (; text < last; text++) {
        const mark = this.#sink.length;
        await this.#text(documents, text, text >= sampleFrom);
        lengths[text] = this.#sink.length - mark;
      }
      if (this.#rules.endOfDocument === undefined || this.#sink.length === begin) continue;
      this.#sink.push([this.#rules.endOfDocument]);
      lengths[last - 1] = (lengths[last - 1] as number) + 1;
    }
    return {
      ids: this.#sink.slice(),
      lengths,
      texts: texts && Int32Array.from(texts),
      skipped,
      repaired,
      native: this.#nativeTexts,
      sample: this.#sample,
    };
  }

  async #text({ bytes, bounds }: PartDocuments, text: number, sample: boolean): Promise<void> {
    const [start, end] = [bounds[2 * text] as number, bounds[2 * text + 1] as number];
    const sink = this.#sink;
    sink.push(this.#rules.before);
    const mark = sink.length;
    if (this.#fast?.encode(bytes, { start, end }, sink)) {
      if (sample && !this.#sample && end - start <= longestSample)
        this.#sample = { text: bytes.toString("utf8", start, end), ids: sink.slice(mark) };
    } else {
      this.#native ??= await this.#open();
      this.#nativeTexts++;
      sink.push(
        (await this.#native.encode(bytes.toString("utf8", start, end), null, { addSpecialTokens: false })).getIds(),
      );
    }
    sink.push(this.#rules.after);
  }
}
