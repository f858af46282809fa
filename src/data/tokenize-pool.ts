import { Worker } from "node:worker_threads";
import { DataError } from "../core/error.js";
import { builtFile } from "../core/package-root.js";
import type { PartRules } from "./part-documents.js";
import type { TextPart } from "./text-parts.js";
import type {
  BadLineFacts,
  TokenBatch,
  TokenizeReply,
  TokenizeRequest,
  TokenizeThreadData,
} from "./tokenize-protocol.js";
import { partsPerThread } from "./work-sizes.js";

export interface PoolOptions {
  readonly workers: number;
  /** Bytes of text that may be under way: given out by the source and not yet taken by the consumer and done with. */
  readonly chunkBytes: number;
  readonly thread: Omit<TokenizeThreadData, "stop">;
  readonly rules: Pick<PartRules, "separator" | "key" | "encodingErrors">;
  /** When it fires, the threads stop at the next document; what they give then is incomplete. */
  readonly signal?: AbortSignal | undefined;
}

/** A part without its bytes, and its tokens. */
export interface TokenizedPart {
  readonly part: Omit<TextPart, "bytes"> & { readonly byteLength: number };
  readonly tokens: TokenBatch;
}

/**
 * Tokenizes parts in threads and gives the results in the order of the parts, whatever thread finishes first. At most two parts per
 * thread and `chunkBytes` of text are under way (more only if a single part has more), the one that the consumer works on included.
 * Ends its threads when the consumer stops.
 * @throws DataError INPUT_LINE_INVALID, INPUT_KEY_MISSING, INPUT_NOT_UTF8 with file and offset; TOKENIZE_FAILED.
 */
export async function* tokenizeInOrder(
  parts: AsyncIterable<TextPart>,
  options: PoolOptions,
): AsyncGenerator<TokenizedPart> {
  const { workers, rules, chunkBytes } = options;
  const stop = new SharedArrayBuffer(4);
  const stopThreads = () => void Atomics.store(new Int32Array(stop), 0, 1);
  options.signal?.addEventListener("abort", stopThreads);
  const threads: TokenizeThread[] = [];
  const waiting: { part: TokenizedPart["part"]; tokens: Promise<TokenBatch> }[] = [];
  let underWay = 0;
  const hasRoomFor = (bytes: number) =>
    waiting.length === 0 || (waiting.length < workers * partsPerThread && underWay + bytes <= chunkBytes);
  try {
    for await (const { bytes, ...part } of parts) {
      while (!hasRoomFor(bytes.length)) {
        const { part: first, tokens } = waiting.shift() as (typeof waiting)[number];
        yield { part: first, tokens: await tokens };
        underWay -= first.byteLength;
      }
      const { format, place, valid, path, offset } = part;
      const byteLength = bytes.length;
      const tokens = freeThread(threads, workers, { ...options.thread, stop })
        .tokenize(bytes, { ...rules, format, place, valid })
        .catch((error: unknown) => {
          throw error instanceof BadLineError ? badLine(error.facts, path, offset) : error;
        });
      tokens.catch(() => undefined); // it is awaited in its turn; until then a failure must not count as unhandled
      waiting.push({ part: { ...part, byteLength }, tokens });
      underWay += byteLength;
    }
    for (const { part, tokens } of waiting) yield { part, tokens: await tokens };
  } finally {
    stopThreads();
    options.signal?.removeEventListener("abort", stopThreads);
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

  tokenize(bytes: Uint8Array<ArrayBuffer>, rules: PartRules): Promise<TokenBatch> {
    if (this.#failure) return Promise.reject(threadError(this.#failure));
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
    else if ("badLine" in reply) waiting?.reject(new BadLineError(reply.badLine));
    else waiting?.reject(threadError(new Error(reply.failure)));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(threadError(this.#failure));
    this.#waiting.clear();
  }
}

class BadLineError extends Error {
  readonly facts: BadLineFacts;

  constructor(facts: BadLineFacts) {
    super(facts.message);
    this.facts = facts;
  }
}

function badLine({ code, offset, message }: BadLineFacts, path: string, start: number): DataError {
  const at = start + offset;
  const hints = {
    INPUT_LINE_INVALID: `look at it with: tail -c +${at + 1} ${JSON.stringify(path)} | head -n 1`,
    INPUT_KEY_MISSING: 'name the key that holds the text, for example jsonKeys: ["content"]',
    INPUT_NOT_UTF8: 'pass encodingErrors: "replace" or "skip"',
  };
  return new DataError(code, `input ${path}, line at offset ${at}: ${message}`, {
    hint: hints[code],
    details: { path, offset: at },
  });
}

function threadError(cause: Error): DataError {
  return new DataError("TOKENIZE_FAILED", `tokenizing failed: ${cause.message}`, {
    hint: "run the cell again with workers: 1; if memory is short, close other programs first",
    cause,
  });
}
