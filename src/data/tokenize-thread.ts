import { parentPort, workerData } from "node:worker_threads";
import type { Tokenizer } from "tokenizers";
import type { TokenBatch, TokenizeReply, TokenizeRequest, TokenizeThreadData } from "./tokenize-protocol.js";
import { nativeTokenizer } from "./tokenizer.js";

// A program of its own: one thread of `tokenize-pool.ts`.

async function tokenizeBatch(
  native: Tokenizer,
  pieces: readonly string[],
  { before, after, stop }: TokenizeThreadData,
): Promise<TokenBatch> {
  const stopped = new Int32Array(stop);
  const parts: (readonly number[])[] = [];
  const lengths = new Int32Array(pieces.length);
  for (const [index, piece] of pieces.entries()) {
    if (Atomics.load(stopped, 0) !== 0) break;
    const ids = (await native.encode(piece, null, { addSpecialTokens: false })).getIds();
    parts.push(before, ids, after);
    lengths[index] = before.length + ids.length + after.length;
  }
  const ids = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return { ids, lengths };
}

async function answer(native: Tokenizer, request: TokenizeRequest, data: TokenizeThreadData): Promise<void> {
  let reply: TokenizeReply;
  try {
    reply = { id: request.id, batch: await tokenizeBatch(native, request.pieces, data) };
  } catch (error) {
    reply = { id: request.id, failure: error instanceof Error ? error.message : String(error) };
  }
  const transfer = "batch" in reply ? [reply.batch.ids.buffer, reply.batch.lengths.buffer] : [];
  parentPort?.postMessage(reply, transfer as ArrayBuffer[]);
}

function serve(): void {
  const data = workerData as TokenizeThreadData;
  const native = nativeTokenizer(data.json, data.file);
  let queue: Promise<void> = Promise.resolve();
  parentPort?.on("message", (request: TokenizeRequest | undefined) => {
    queue = queue.then(() => (request ? answer(native, request, data) : parentPort?.close()));
  });
}

serve();
