import type { BytePlan } from "../../bpe/plan.js";
import type { BadLineFacts, PartRules } from "../../text/part-rules.js";

/** What is put around texts and documents. */
export interface EncoderRules {
  /** Put before and after the ids of every text. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Put after every document that has tokens. */
  readonly eodId: number | undefined;
}

/** What a tokenizing thread is started with. */
export interface TokenizeThreadData extends EncoderRules {
  /** The bytes of the tokenizer.json. */
  readonly tokenizer: Uint8Array<SharedArrayBuffer>;
  readonly file: string;
  /** How to do without the native library; undefined if it has to do everything. */
  readonly plan: BytePlan | undefined;
  /** One shared 32-bit number: not 0 as soon as nobody wants results any more. */
  readonly stop: SharedArrayBuffer;
}

/** To the thread: a part of a text; `undefined` ends it. The bytes are overwritten. */
export interface TokenizeRequest {
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rules: PartRules;
}

/** The tokens of a part. */
export interface TokenBatch {
  /** Back to back. */
  readonly ids: Int32Array;
  /** Tokens of each text. */
  readonly lengths: Int32Array;
  /** Texts of each document; undefined if each has one. */
  readonly texts: Int32Array | undefined;
  readonly skipped: number;
  readonly repaired: number;
  /** Lines that were left out because they can't be used, and the first of them. */
  readonly badLines: number;
  readonly badLine: BadLineFacts | undefined;
  /** Texts that went to the native library. */
  readonly native: number;
  /** One text and its ids, to be compared with the native library. */
  readonly sample: { readonly text: string; readonly ids: Int32Array } | undefined;
}

/** From the thread. */
export type TokenizeReply =
  | { readonly id: number; readonly batch: TokenBatch }
  | { readonly id: number; readonly badLine: BadLineFacts }
  | { readonly id: number; readonly failure: string };
