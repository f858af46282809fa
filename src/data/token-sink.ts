import type { ByteSource } from "../core/bytes.js";
import { type TokenType, tokenBytes } from "../formats/megatron.js";
import type { FileRecord } from "./manifest.js";
import { MegatronWriter } from "./megatron-writer.js";
import { MindRecordTokens } from "./mindrecord-tokens.js";
import { tokenArray } from "./token-blocks.js";

/** Where prepared sequences of one length go; nothing has a final name before `publish`. */
export interface TokenSink {
  /** Sequences and tokens taken so far. */
  readonly sequences: number;
  readonly tokens: number;
  /** Takes whole sequences, back to back. */
  write(sequences: Int32Array): Promise<void>;
  complete(): Promise<void>;
  /** The files by what they are: `bin` and `idx`, or the names of the shards and their indices. */
  publish(): Promise<Readonly<Record<string, FileRecord>>>;
  /** Removes what has not been published. */
  discard(): Promise<void>;
}

/** The output side of a preparation. */
export interface TokenOutput {
  readonly prefix: string;
  readonly format: "megatron" | "mindrecord";
  readonly seqLength: number;
  readonly shards: number;
  readonly columns: readonly string[];
  /** Id that fills sequences; undefined if there is none in them. */
  readonly padId: number | undefined;
  readonly eosId: number | undefined;
}

export function createSink(output: TokenOutput): Promise<TokenSink> {
  return output.format === "mindrecord"
    ? MindRecordTokens.create(output)
    : MegatronWriter.create(output.prefix, output.seqLength + 1);
}

/** Bytes of a token file that are read at a time. */
const feedBytes = 4 * 1024 * 1024;

/** Gives the sequences of a token file (a `.bin`, or the first `bytes` of one that is not finished) to a sink. `length`: tokens per sequence. */
export async function feedSink(
  sink: TokenSink,
  tokens: ByteSource,
  { bytes, dtype, length }: { readonly bytes: number; readonly dtype: TokenType; readonly length: number },
): Promise<void> {
  const sequence = length * tokenBytes(dtype);
  const window = sequence * Math.max(1, Math.floor(feedBytes / sequence));
  for (let at = 0; at < bytes; at += window) {
    const ids = tokenArray(await tokens.slice(at, Math.min(bytes, at + window)), dtype);
    await sink.write(ids instanceof Int32Array ? ids : Int32Array.from(ids as ArrayLike<number>, Number));
  }
}
