import type { BadLinePlace } from "../../text/bad-line-error.js";
import { BadLine, type BadLineFacts, type PartRules } from "../../text/part-rules.js";
import type { TextPart } from "../../text/parts.js";
import { TokenizeHere } from "./calling-thread.js";
import type { PartEncoder } from "./part-encoder.js";
import type { TokenBatch, TokenizeThreadData } from "./protocol.js";
import { partsPerThread } from "./work-sizes.js";
import { type PartTokenizer, TokenizeThread } from "./worker.js";

/** What is the same for all parts. */
export type PoolRules = Pick<PartRules, "separator" | "key" | "encodingErrors" | "onBadLines">;

export interface PoolOptions {
  readonly workers: number;
  /** Bytes of text that may be under way: given out by the source and not yet taken by the consumer and done with. */
  readonly chunkBytes: number;
  readonly thread: Omit<TokenizeThreadData, "stop">;
  /** One of the `workers` may be the calling thread: its encoder, and whether it may be given work already. */
  readonly here?: { readonly encoder: PartEncoder; readonly ready: () => boolean } | undefined;
  readonly rules: PoolRules;
  /** The error for a line that can't be used. */
  readonly badLine: (bad: BadLinePlace) => Promise<Error>;
  /** When it fires, the threads stop at the next document; what they give then is incomplete. */
  readonly signal?: AbortSignal | undefined;
}

/** A part without its bytes, and its tokens. */
export interface TokenizedPart {
  readonly part: Omit<TextPart, "bytes"> & { readonly byteLength: number };
  readonly tokens: TokenBatch;
  /** The first line that was left out because it can't be used. */
  readonly badLine: BadLinePlace | undefined;
}

/**
 * Tokenizes parts in threads and gives the results in the order of the parts, whatever thread finishes first. At most
 * two parts per thread and `chunkBytes` of text are under way (more only if a single part has more), the one that the
 * consumer works on included. Ends its threads when the consumer stops.
 * @throws what `badLine` gives for a line that can't be used; DataError TOKENIZE_FAILED.
 */
export async function* tokenizeInOrder(
  parts: AsyncIterable<TextPart>,
  options: PoolOptions,
): AsyncGenerator<TokenizedPart> {
  const { workers, rules, chunkBytes } = options;
  const stop = new SharedArrayBuffer(4);
  const stopThreads = () => void Atomics.store(new Int32Array(stop), 0, 1);
  options.signal?.addEventListener("abort", stopThreads);
  const threads = new Threads(options, { ...options.thread, stop });
  const waiting: { part: TokenizedPart["part"]; tokens: Promise<TokenBatch> }[] = [];
  let underWay = 0;
  const hasRoomFor = (bytes: number) =>
    waiting.length === 0 || (waiting.length < workers * partsPerThread && underWay + bytes <= chunkBytes);
  try {
    for await (const { bytes, ...part } of parts) {
      while (!hasRoomFor(bytes.length)) {
        const { part: first, tokens } = waiting.shift() as (typeof waiting)[number];
        yield finished(first, await tokens);
        underWay -= first.byteLength;
      }
      const { format, place, valid, path, offset } = part;
      const byteLength = bytes.length;
      const tokens = threads
        .free()
        .tokenize(bytes, { ...rules, format, place, valid })
        .catch(async (error: unknown) => {
          throw error instanceof BadLine ? await options.badLine(placed(error.facts, { path, offset })) : error;
        });
      tokens.catch(() => undefined); // it is awaited in its turn; until then a failure must not count as unhandled
      waiting.push({ part: { ...part, byteLength }, tokens });
      underWay += byteLength;
    }
    for (const { part, tokens } of waiting) yield finished(part, await tokens);
  } finally {
    stopThreads();
    options.signal?.removeEventListener("abort", stopThreads);
    await threads.close();
  }
}

function finished(part: TokenizedPart["part"], tokens: TokenBatch): TokenizedPart {
  return { part, tokens, badLine: tokens.badLine && placed(tokens.badLine, part) };
}

function placed(bad: BadLineFacts, { path, offset }: Pick<TextPart, "path" | "offset">): BadLinePlace {
  return { ...bad, path, offset: offset + bad.offset };
}

/** Started one by one, so that a short text starts only one. */
class Threads {
  readonly #most: number;
  readonly #data: TokenizeThreadData;
  readonly #here: { readonly tokenizer: PartTokenizer; readonly ready: () => boolean } | undefined;
  readonly #threads: PartTokenizer[] = [];

  constructor({ workers, here }: PoolOptions, data: TokenizeThreadData) {
    this.#most = workers - (here ? 1 : 0);
    this.#data = data;
    this.#here = here && { tokenizer: new TokenizeHere(here.encoder, data.stop), ready: here.ready };
  }

  /** The one with the least to do; a new one if all are busy and there may be more. */
  free(): PartTokenizer {
    const here = this.#here && (this.#most === 0 || this.#here.ready()) ? [this.#here.tokenizer] : [];
    const best = [...this.#threads, ...here].sort((a, b) => a.busy - b.busy)[0];
    if (best && (best.busy === 0 || this.#threads.length === this.#most)) return best;
    const thread = new TokenizeThread(this.#data);
    this.#threads.push(thread);
    return thread;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads, ...(this.#here ? [this.#here.tokenizer] : [])].map((one) => one.close()));
  }
}
