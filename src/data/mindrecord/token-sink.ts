import { type ByteSource, FileBytes } from "../../core/bytes.js";
import { throwIfCancelled } from "../../core/cancel.js";
import { type TokenType, tokenBytes } from "../../formats/megatron.js";
import type { FileRecord } from "../files/file-record.js";
import { tokenArray } from "../files/token-blocks.js";

/** Where finished sequences of one length go; nothing has a final name before `publish`. */
export interface TokenSink {
  /** Sequences and tokens taken so far. */
  readonly sequences: number;
  readonly tokens: number;
  /** Takes whole sequences, back to back. */
  write(sequences: Int32Array): Promise<void>;
  complete(): Promise<void>;
  /** The files by what they are: the names of the shards and their indices. */
  publish(): Promise<Readonly<Record<string, FileRecord>>>;
  /** Removes what has not been published. */
  discard(): Promise<void>;
}

/** The output side of a preparation. */
export interface TokenOutput {
  readonly prefix: string;
  readonly seqLength: number;
  readonly shards: number;
  readonly columns: readonly string[];
  /** Id that fills sequences; undefined if there is none in them. */
  readonly padId: number | undefined;
  readonly eosId: number | undefined;
}

/** Bytes of a token file that are read at a time. */
const feedBytes = 4 * 1024 * 1024;

export interface FeedOptions {
  /** The first bytes of the file; what is behind them is left alone. */
  readonly bytes: number;
  readonly dtype: TokenType;
  /** Tokens per sequence. */
  readonly length: number;
  readonly signal?: AbortSignal | undefined;
}

/** Gives the sequences of a token file (a `.bin`, or the first `bytes` of one that is not finished) to a sink. */
export async function feedSink(
  sink: TokenSink,
  tokens: ByteSource,
  { bytes, dtype, length, signal }: FeedOptions,
): Promise<void> {
  const sequence = length * tokenBytes(dtype);
  const window = sequence * Math.max(1, Math.floor(feedBytes / sequence));
  for (let at = 0; at < bytes; at += window) {
    throwIfCancelled(signal, "prepareData");
    const ids = tokenArray(await tokens.slice(at, Math.min(bytes, at + window)), dtype);
    await sink.write(ids instanceof Int32Array ? ids : Int32Array.from(ids as ArrayLike<number>, Number));
  }
}

/** `feedSink` of a file on disk. */
export async function feedFile(sink: TokenSink, path: string, options: FeedOptions): Promise<void> {
  const file = await FileBytes.open(path, "token file");
  try {
    await feedSink(sink, file, options);
  } finally {
    await file.close();
  }
}
