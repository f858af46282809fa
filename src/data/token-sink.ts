import type { FileRecord } from "./manifest.js";
import { MegatronWriter } from "./megatron-writer.js";
import { MindRecordTokens } from "./mindrecord-tokens.js";

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
