import { setImmediate as nextTurn } from "node:timers/promises";
import { documentsOf } from "../../text/documents.js";
import { BadLine, type PartRules } from "../../text/part-rules.js";
import type { PartEncoder } from "./part-encoder.js";
import type { TokenBatch } from "./protocol.js";
import { type PartTokenizer, tokenizeFailed } from "./worker.js";

/**
 * Tokenizes in the calling thread, a part per turn of the event loop: a short text is done before a thread of its own
 * has compiled its code, which the calling thread has used already, for the proof.
 */
export class TokenizeHere implements PartTokenizer {
  busy = 0;
  readonly #encoder: PartEncoder;
  readonly #stop: Int32Array;
  #last: Promise<unknown> = Promise.resolve();

  constructor(encoder: PartEncoder, stop: SharedArrayBuffer) {
    this.#encoder = encoder;
    this.#stop = new Int32Array(stop);
  }

  tokenize(bytes: Uint8Array<ArrayBuffer>, rules: PartRules): Promise<TokenBatch> {
    this.busy++;
    const batch = this.#last.then(() => nextTurn()).then(() => this.#encode(bytes, rules));
    this.#last = batch.catch(() => undefined);
    return batch;
  }

  async #encode(bytes: Uint8Array<ArrayBuffer>, rules: PartRules): Promise<TokenBatch> {
    try {
      return await this.#encoder.encode(documentsOf(bytes, rules), () => this.#stop[0] !== 0);
    } catch (error) {
      throw error instanceof BadLine
        ? error
        : tokenizeFailed(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.busy--;
    }
  }

  async close(): Promise<void> {
    await this.#last;
  }
}
