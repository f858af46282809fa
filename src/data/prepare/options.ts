import type { InputFormat } from "../text/input/files.js";
import type { EncodingPolicy } from "../text/input/utf8-repair.js";
import type { BadLinePolicy } from "../text/part-rules.js";

/** Options of `prepareData` for a Megatron dataset. */
export interface PrepareOptions {
  /**
   * The text: a path, a folder (every text file below it), a pattern (`*`, `**`, `?`, `[…]`, `{a,b}`), a list of
   * them, or `"-"` for standard input. `.gz` and `.zst` are decompressed. UTF-8; a byte order mark
   * at the start of a file is dropped, save in WikiText.
   */
  readonly input: string | readonly string[];
  /**
   * How the files store documents. Default by the ending: `.json`, `.jsonl`, `.ndjson` → "jsonl", `.parquet` →
   * "parquet", else "wikitext". "wikitext": WikiText's raw tokens, cleaned, one document per section. "lines": one
   * document per line. "text": documents separated by `documentSeparator`. "jsonl": one JSON object per line.
   * "parquet": one row per document.
   */
  readonly inputFormat?: InputFormat;
  /** Between documents of `inputFormat: "text"`. Default: an empty line, `"\n\n"`. */
  readonly documentSeparator?: string;
  /**
   * Keys (columns) that hold text; each becomes a dataset `<output>_<key>_document`, the first one is returned.
   * Default `["text"]`.
   */
  readonly jsonKeys?: readonly string[];
  /**
   * Bytes that are not UTF-8, and halves of characters in JSON escapes: "error" (default), "replace" by U+FFFD, or
   * "skip".
   */
  readonly encodingErrors?: EncodingPolicy;
  /**
   * Unusable JSON lines and Parquet rows (no JSON, no text under the key): "error" (default), or "skip"; the notes
   * and the manifest count skipped ones.
   */
  readonly onBadLines?: BadLinePolicy;
  /** With `onBadLines: "skip"`: the most lines to skip; more are an error. Default 1,000. */
  readonly badLineLimit?: number;
  /** A Hugging Face tokenizer.json, or a folder that holds one (and perhaps tokenizer_config.json). */
  readonly tokenizer: string;
  /**
   * Prefix of the files: `<output>_text_document.bin`, `.idx`, and `.manifest.json`; for MindRecord
   * `<output>.mindrecord…` and `.db`.
   */
  readonly output: string;
  /** Default "megatron": `.bin` and `.idx`. Or "mindrecord": see PrepareMindRecordOptions. */
  readonly format?: "megatron";
  /**
   * Tokens that the model sees per sample; sequences are one token longer, so that inputs and labels overlap. Not for
   * mode "documents".
   */
  readonly seqLength?: number;
  /**
   * "stitch" (default): all text in a row, cut to length. "pad": one sequence per piece of text, filled up or cut
   * off. "documents": one sequence per text, of its own length.
   */
  readonly mode?: "stitch" | "pad" | "documents";
  /**
   * Type of a stored token. Default "int32", as MindFormers writes; "uint16" is half as large, for vocabularies of up
   * to 65,536 ids.
   */
  readonly dtype?: "int32" | "uint16";
  /**
   * Threads; the result does not depend on it. Default: one per 16 MiB of input (4 MiB for tokenizers that the native
   * library encodes alone), at most one per processor.
   */
  readonly workers?: number;
  /**
   * Put the beginning-of-text token before every piece. Default: what the tokenizer does, for DeepSeek and Llama:
   * yes.
   */
  readonly addBos?: boolean;
  /** Put the end-of-text token after every piece. Default: what the tokenizer does, for DeepSeek and Llama: no. */
  readonly addEos?: boolean;
  /** Put the end-of-text token after every document that has tokens, also if `addEos` has put one. Default false. */
  readonly appendEod?: boolean;
  /** Token (or its id) that fills short pieces in mode "pad". Default: `pad_token` of tokenizer_config.json. */
  readonly padToken?: string | number;
  /**
   * Bytes of text in work at a time; an interruption, even by SIGKILL, loses at most that much. A longer document is
   * processed alone. Small chunks leave threads idle. The result does not depend on it. Default: 1 MiB per thread,
   * more only for inputs above 4 GiB.
   */
  readonly chunkBytes?: number;
  /** Default: the signal of the cell that runs. */
  readonly signal?: AbortSignal;
}

/** What `prepareData` takes to write MindRecord files instead of a Megatron dataset. */
export interface PrepareMindRecordOptions extends Omit<PrepareOptions, "format" | "mode" | "dtype"> {
  readonly format: "mindrecord";
  /** Tokens that the model sees per row. */
  readonly seqLength: number;
  /** "stitch" (default): all text in a row, cut to length. "pad": one row per piece of text, filled up or cut off. */
  readonly mode?: "stitch" | "pad";
  /** Number of files, 1 to 1000; default 1. */
  readonly shards?: number;
  /**
   * `["input_ids", "labels"]` (default): seqLength tokens each, as the models of MindFormers 1.9 take them.
   * `["input_ids"]`: seqLength + 1 tokens, for its legacy models, which make the labels themselves.
   */
  readonly columns?: readonly ("input_ids" | "labels")[];
}

/** The options after checking: defaults filled in, paths absolute. */
export interface PrepareRequest {
  readonly inputs: readonly string[];
  readonly inputFormat: InputFormat | undefined;
  readonly documentSeparator: string;
  readonly key: string;
  readonly encodingErrors: EncodingPolicy;
  readonly onBadLines: BadLinePolicy;
  readonly badLineLimit: number;
  readonly tokenizer: string;
  /** With `_text_document`; of MindRecord files the common name. */
  readonly prefix: string;
  readonly format: "megatron" | "mindrecord";
  readonly shards: number;
  /** Empty for Megatron. */
  readonly columns: readonly string[];
  /** 0 in mode "documents". */
  readonly seqLength: number;
  readonly mode: "stitch" | "pad" | "documents";
  readonly dtype: "int32" | "uint16";
  readonly workers: number | undefined;
  readonly special: Pick<PrepareOptions, "addBos" | "addEos" | "appendEod" | "padToken">;
  readonly chunkBytes: number | undefined;
  readonly signal: AbortSignal | undefined;
}
