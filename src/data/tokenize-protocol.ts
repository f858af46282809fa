/** What a tokenizing thread is started with. */
export interface TokenizeThreadData {
  readonly json: string;
  readonly file: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** One shared 32-bit number: not 0 as soon as nobody wants results any more. */
  readonly stop: SharedArrayBuffer;
}

/** To the thread: pieces to tokenize; `undefined` ends it. */
export interface TokenizeRequest {
  readonly id: number;
  readonly pieces: readonly string[];
}

/** The ids of a batch back to back, and how many belong to each piece. */
export interface TokenBatch {
  readonly ids: Int32Array;
  readonly lengths: Int32Array;
}

/** From the thread. */
export type TokenizeReply =
  | { readonly id: number; readonly batch: TokenBatch }
  | { readonly id: number; readonly failure: string };
