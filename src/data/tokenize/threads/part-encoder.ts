import type { ByteEncoder } from "../../bpe/byte-encoder.js";
import { IdSink } from "../../bpe/id-sink.js";
import type { PartDocuments } from "../../text/part-rules.js";
import type { EncoderRules, TokenBatch } from "./protocol.js";

export interface EncoderWays {
  /** Undefined if the native library has to do everything. */
  readonly fast: ByteEncoder | undefined;
  /** Ids by the native library. */
  readonly native: (text: string) => Promise<readonly number[]>;
}

/** Longest text (bytes) that is compared with the native library. */
const longestSample = 4096;

/** Texts → ids: by the fast way where it is exact, by the native library for the rest. */
export class PartEncoder {
  readonly #before: Int32Array;
  readonly #after: Int32Array;
  readonly #eodId: number | undefined;
  readonly #ways: EncoderWays;
  readonly #sink = new IdSink();
  #nativeTexts = 0;
  #sample: TokenBatch["sample"];

  constructor(rules: EncoderRules, ways: EncoderWays) {
    this.#before = Int32Array.from(rules.before);
    this.#after = Int32Array.from(rules.after);
    this.#eodId = rules.eodId;
    this.#ways = ways;
  }

  /** `stopped` is asked before every document. */
  async encode(documents: PartDocuments, stopped: () => boolean): Promise<TokenBatch> {
    const { bounds, texts, skipped, repaired, badLines, badLine } = documents;
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
        if (!this.#text(documents, text, text >= sampleFrom)) await this.#nativeText(documents, text);
        lengths[text] = this.#sink.length - mark;
      }
      if (this.#eodId === undefined || this.#sink.length === begin) continue;
      this.#sink.push([this.#eodId]);
      lengths[last - 1] = (lengths[last - 1] as number) + 1;
    }
    return {
      ids: this.#sink.slice(),
      lengths,
      texts: texts && Int32Array.from(texts),
      skipped,
      repaired,
      badLines,
      badLine,
      native: this.#nativeTexts,
      sample: this.#sample,
    };
  }

  /** False if the text is for the native library. */
  #text({ bytes, bounds }: PartDocuments, text: number, sample: boolean): boolean {
    const [start, end] = [bounds[2 * text] as number, bounds[2 * text + 1] as number];
    const sink = this.#sink;
    const begin = sink.length;
    sink.push(this.#before);
    const mark = sink.length;
    if (!this.#ways.fast?.encode(bytes, { start, end }, sink)) {
      sink.truncate(begin);
      return false;
    }
    if (sample && !this.#sample && end - start <= longestSample)
      this.#sample = { text: bytes.toString("utf8", start, end), ids: sink.slice(mark) };
    sink.push(this.#after);
    return true;
  }

  async #nativeText({ bytes, bounds }: PartDocuments, text: number): Promise<void> {
    this.#nativeTexts++;
    const ids = await this.#ways.native(bytes.toString("utf8", bounds[2 * text], bounds[2 * text + 1]));
    for (const some of [this.#before, ids, this.#after]) this.#sink.push(some);
  }
}
