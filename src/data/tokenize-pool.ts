import { Worker } from "node:worker_threads";
import { DataError } from "../core/error.js";
import { builtFile } from "../core/package-root.js";
import type { TokenBatch, TokenizeReply, TokenizeRequest, TokenizeThreadData } from "./tokenize-protocol.js";
import type { OpenTokenizer } from "./tokenizer.js";

/** Batches that may wait for or in one thread: one in work, one ready. It bounds the memory. */
const batchesPerThread = 2;

/**
 * Tokenizes batches in `workers` threads and gives the results in the order of the batches, whatever thread finishes first.
 * At most two batches per thread are under way; the source is only read when there is room. Ends its threads when the consumer stops.
 */
export async function* tokenizeInOrder<Batch extends { readonly pieces: readonly string[] }>(
  batches: AsyncIterable<Batch>,
  tokenizer: Pick<OpenTokenizer, "json" | "path" | "special">,
  workers: number,
): AsyncGenerator<{ readonly batch: Batch; readonly tokens: TokenBatch }> {
  const stop = new SharedArrayBuffer(4);
  const { json, path, special } = tokenizer;
  const data: TokenizeThreadData = { json, file: path, before: special.before, after: special.after, stop };
  const threads: TokenizeThread[] = [];
  const waiting: { batch: Batch; tokens: Promise<TokenBatch> }[] = [];
  try {
    for await (const batch of batches) {
      const tokens = freeThread(threads, workers, data).tokenize(batch.pieces);
      tokens.catch(() => undefined); // it is awaited in its turn; until then a failure must not count as unhandled
      waiting.push({ batch, tokens });
      if (waiting.length < workers * batchesPerThread) continue;
      const first = waiting.shift() as (typeof waiting)[number];
      yield { batch: first.batch, tokens: await first.tokens };
    }
    for (const { batch, tokens } of waiting) yield { batch, tokens: await tokens };
  } finally {
    Atomics.store(new Int32Array(stop), 0, 1);
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

/** The thread with the least to do; a new one if all are busy and there may be more, so that a short text starts only one. */
function freeThread(threads: TokenizeThread[], workers: number, data: TokenizeThreadData): TokenizeThread {
  const best = [...threads].sort((a, b) => a.busy - b.busy)[0];
  if (best && (best.busy === 0 || threads.length === workers)) return best;
  const thread = new TokenizeThread(data);
  threads.push(thread);
  return thread;
}

interface Waiting {
  resolve(batch: TokenBatch): void;
  reject(error: Error): void;
}

class TokenizeThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #failure: Error | undefined;
  #nextId = 0;

  constructor(data: TokenizeThreadData) {
    this.#worker = new Worker(builtFile("src/data/tokenize-thread.js"), { workerData: data, execArgv: [] });
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

  tokenize(pieces: readonly string[]): Promise<TokenBatch> {
    if (this.#failure) return Promise.reject(threadError(this.#failure));
    const request: TokenizeRequest = { id: this.#nextId++, pieces };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      this.#worker.postMessage(request);
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
    else waiting?.reject(threadError(new Error(reply.failure)));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(threadError(this.#failure));
    this.#waiting.clear();
  }
}

function threadError(cause: Error): DataError {
  return new DataError("TOKENIZE_FAILED", `tokenizing failed: ${cause.message}`, {
    hint: "run the cell again with workers: 1; if memory is short, close other programs first",
    cause,
  });
}
