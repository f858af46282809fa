import { parentPort, workerData } from "node:worker_threads";
import type { Tokenizer } from "tokenizers";
import { ByteEncoder } from "../../bpe/byte-encoder.js";
import { documentsOf } from "../../text/documents.js";
import { BadLine } from "../../text/part-rules.js";
import { warmUpWikitext } from "../../text/warm-up.js";
import { PartEncoder } from "./part-encoder.js";
import type { TokenizeReply, TokenizeRequest, TokenizeThreadData } from "./protocol.js";

// A program of its own: one thread of `pool.ts`.

async function answer(encoder: PartEncoder, request: TokenizeRequest, stopped: () => boolean): Promise<void> {
  const { id, bytes, rules } = request;
  if (rules.format === "wikitext") warmUpWikitext();
  let reply: TokenizeReply;
  try {
    reply = { id, batch: await encoder.encode(documentsOf(bytes, rules), stopped) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof BadLine) reply = { id, badLine: error.facts };
    else reply = { id, failure: message };
  }
  const transfer = "batch" in reply ? [reply.batch.ids.buffer, reply.batch.lengths.buffer] : [];
  parentPort?.postMessage(reply, transfer as ArrayBuffer[]);
}

function serve(): void {
  const data = workerData as TokenizeThreadData;
  const flag = new Int32Array(data.stop);
  // The native library is loaded by the first text that needs it: most threads never do.
  let opened: Tokenizer | undefined;
  const native = async (text: string) => {
    const { nativeTokenizer, textOf } = await import("../native-tokenizer.js");
    opened ??= nativeTokenizer(textOf(data.tokenizer), data.file);
    return (await opened.encode(text, null, { addSpecialTokens: false })).getIds();
  };
  const encoder = new PartEncoder(data, { fast: data.plan && new ByteEncoder(data.plan), native });
  let queue: Promise<void> = Promise.resolve();
  parentPort?.on("message", (request: TokenizeRequest | undefined) => {
    queue = queue.then(() =>
      request ? answer(encoder, request, () => Atomics.load(flag, 0) !== 0) : parentPort?.close(),
    );
  });
}

serve();
