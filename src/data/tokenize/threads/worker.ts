import { Worker } from "node:worker_threads";
import { DataError } from "../../../core/error.js";
import { builtFile } from "../../../core/package-root.js";
import { BadLine, type PartRules } from "../../text/part-rules.js";
import type { TokenBatch, TokenizeReply, TokenizeRequest, TokenizeThreadData } from "./protocol.js";

/** Tokenizes parts one after the other. */
export interface PartTokenizer {
  /** Parts that it has and is not done with. */
  readonly busy: number;
  /** Overwrites the bytes. Throws BadLine; DataError TOKENIZE_FAILED. */
  tokenize(bytes: Uint8Array<ArrayBuffer>, rules: PartRules): Promise<TokenBatch>;
  /** Ends it; what it has is tokenized before, unless it was told to stop. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(batch: TokenBatch): void;
  reject(error: Error): void;
}

/** A thread of its own (`thread.ts`). */
export class TokenizeThread implements PartTokenizer {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #failure: Error | undefined;
  #nextId = 0;

  constructor(data: TokenizeThreadData) {
    this.#worker = new Worker(builtFile("src/data/tokenize/threads/thread.js"), { workerData: data, execArgv: [] });
    this.#worker.on("message", (reply: TokenizeReply) => this.#receive(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#ended = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#fail(new Error(`the thread ended with code ${code}`));
        resolve();
      });
    });
  }

  get busy(): number {
    return this.#waiting.size;
  }

  tokenize(bytes: Uint8Array<ArrayBuffer>, rules: PartRules): Promise<TokenBatch> {
    if (this.#failure) return Promise.reject(tokenizeFailed(this.#failure));
    const request: TokenizeRequest = { id: this.#nextId++, bytes, rules };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      this.#worker.postMessage(request, [bytes.buffer]);
    });
  }

  async close(): Promise<void> {
    this.#worker.postMessage(undefined);
    await this.#ended;
  }

  #receive(reply: TokenizeReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("batch" in reply) waiting?.resolve(reply.batch);
    else if ("badLine" in reply) waiting?.reject(new BadLine(reply.badLine));
    else waiting?.reject(tokenizeFailed(new Error(reply.failure)));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(tokenizeFailed(this.#failure));
    this.#waiting.clear();
  }
}

export function tokenizeFailed(cause: Error): DataError {
  return new DataError("TOKENIZE_FAILED", `tokenizing failed: ${cause.message}`, {
    hint: "run the cell again with workers: 1; if memory is short, close other programs first",
    cause,
  });
}
