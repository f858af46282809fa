import { DataError } from "../../../core/error.js";
import { BadLine, type PartRules } from "../../text/documents.js";
import type { TextPart } from "../../text/parts.js";
import { TokenizeHere } from "./calling-thread.js";
import type { PartEncoder } from "./part-encoder.js";
import type { BadLineFacts, TokenBatch, TokenizeThreadData } from "./protocol.js";
import { partsPerThread } from "./work-sizes.js";
import { type PartTokenizer, TokenizeThread } from "./worker.js";

export interface PoolOptions {
  readonly workers: number;
  /** Bytes of text that may be under way: given out by the source and not yet taken by the consumer and done with. */
  readonly chunkBytes: number;
  readonly thread: Omit<TokenizeThreadData, "stop">;
  /** One of the `workers` may be the calling thread: its encoder, and whether it may be given work already. */
  readonly here?: { readonly encoder: PartEncoder; readonly ready: () => boolean } | undefined;
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
  const threads = new Threads(options, { ...options.thread, stop });
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
      const tokens = threads
        .free()
        .tokenize(bytes, { ...rules, format, place, valid })
        .catch((error: unknown) => {
          throw error instanceof BadLine ? badLine(error, path, offset) : error;
        });
      tokens.catch(() => undefined); // it is awaited in its turn; until then a failure must not count as unhandled
      waiting.push({ part: { ...part, byteLength }, tokens });
      underWay += byteLength;
    }
    for (const { part, tokens } of waiting) yield { part, tokens: await tokens };
  } finally {
    stopThreads();
    options.signal?.removeEventListener("abort", stopThreads);
    await threads.close();
  }
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

function badLine({ code, offset, message }: BadLineFacts, path: string, start: number): DataError {
  const at = start + offset;
  const hints = {
    INPUT_LINE_INVALID:
      /found a list|on one line/.test(message) && offset === 0 && start === 0
        ? `if it is one JSON value over several lines, or a list, write its objects one per line: jq -c 'if type == "array" then .[] else . end' ${JSON.stringify(path)} > lines.jsonl`
        : `look at it with: tail -c +${at + 1} ${JSON.stringify(path)} | head -n 1`,
    INPUT_KEY_MISSING: 'name the key that holds the text, for example jsonKeys: ["content"]',
    INPUT_NOT_UTF8: 'pass encodingErrors: "replace" or "skip"',
  };
  return new DataError(code, `input ${path}, line at offset ${at}: ${message}`, {
    hint: hints[code],
    details: { path, offset: at },
  });
}
