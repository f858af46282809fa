import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { LabError } from "../../core/error.js";
import { jupyterHost } from "../../view/display-contract.js";
import { checkShards } from "../mindrecord/names.js";
import { type InputFormat, inputFormats } from "../text/input/files.js";
import type { EncodingPolicy } from "../text/input/utf8-repair.js";
import { requireFlags, requireKnownOptions, shownValue } from "./option-names.js";

export interface PrepareOptions {
  /**
   * The text: a path, a folder (every text file below it), a pattern (`*`, `**`, `?`, `[…]`, `{a,b}`), a list of them, or `"-"` for standard
   * input. `.gz` and `.zst` are decompressed. UTF-8.
   */
  readonly input: string | readonly string[];
  /**
   * How documents lie in the files. Default by the ending: `.json`, `.jsonl`, `.ndjson` → "jsonl", `.parquet` → "parquet", else "wikitext".
   * "wikitext": WikiText's raw tokens, cleaned, one document per section. "lines": one document per line. "text": documents separated by
   * `documentSeparator`. "jsonl": one JSON object per line. "parquet": one row per document.
   */
  readonly inputFormat?: InputFormat;
  /** Between documents of `inputFormat: "text"`. Default: an empty line, `"\n\n"`. */
  readonly documentSeparator?: string;
  /** Keys (columns) that hold text; each becomes a dataset `<output>_<key>_document`, the first one is returned. Default `["text"]`. */
  readonly jsonKeys?: readonly string[];
  /** Bytes that are not UTF-8, and halves of characters in JSON escapes: "error" (default), "replace" by U+FFFD, or "skip". */
  readonly encodingErrors?: EncodingPolicy;
  /** A Hugging Face tokenizer.json, or a folder that holds one (and perhaps tokenizer_config.json). */
  readonly tokenizer: string;
  /** Prefix of the files: `<output>_text_document.bin`, `.idx` and `.manifest.json`; for MindRecord `<output>.mindrecord…` and `.db`. */
  readonly output: string;
  /** Default "megatron": `.bin` and `.idx`. Or "mindrecord": see PrepareMindRecordOptions. */
  readonly format?: "megatron";
  /** Tokens that the model sees per sample; sequences are one token longer, so that inputs and labels overlap. Not for mode "documents". */
  readonly seqLength?: number;
  /**
   * "stitch" (default): all text in a row, cut to length. "pad": one sequence per piece of text, filled up or cut off. "documents": one
   * sequence per text, of its own length.
   */
  readonly mode?: "stitch" | "pad" | "documents";
  /** Type of a stored token. Default "int32", as MindFormers writes; "uint16" is half as large, for vocabularies of up to 65,536 ids. */
  readonly dtype?: "int32" | "uint16";
  /** Threads; the result does not depend on it. Default: one per 16 MiB of input (4 MiB for tokenizers that the native library encodes alone), at most one per processor. */
  readonly workers?: number;
  /** Put the beginning-of-text token before every piece. Default: what the tokenizer does, for DeepSeek and Llama: yes. */
  readonly addBos?: boolean;
  /** Put the end-of-text token after every piece. Default: what the tokenizer does, for DeepSeek and Llama: no. */
  readonly addEos?: boolean;
  /** Put the end-of-text token after every document that has tokens, also if `addEos` has put one. Default false. */
  readonly appendEod?: boolean;
  /** Token (or its id) that fills short pieces in mode "pad". Default: `pad_token` of tokenizer_config.json. */
  readonly padToken?: string | number;
  /**
   * Bytes of text that may be under way at a time: what an interruption, even by SIGKILL, loses at most. (A single document longer than that
   * is worked on alone.) Small chunks leave threads without work. The result does not depend on it. Default: 1 MiB per thread, more only for
   * inputs above 4 GiB.
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
   * ["input_ids", "labels"] (default): seqLength tokens each, as the models of MindFormers 1.9 take them.
   * ["input_ids"]: seqLength + 1 tokens, for its legacy models, which make the labels themselves.
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

/** Bytes of input per thread, below which another thread costs more than it brings (README, Measured): with the fast way, and without. */
const bytesPerWorker = { fast: 16 * 1024 ** 2, native: 4 * 1024 ** 2 };

/** Checks the options; throws ARGUMENT_INVALID for the first one that can't be used. One request per key. */
export function checkPrepareOptions(options: PrepareOptions | PrepareMindRecordOptions): PrepareRequest[] {
  requireKnownOptions(options);
  const { input, tokenizer, output, format = "megatron", workers } = options;
  const { mode = "stitch", dtype = "int32" } = options as PrepareOptions;
  const inputs = typeof input === "string" ? [input] : input;
  if (!Array.isArray(inputs) || inputs.length === 0)
    throw invalid({ option: "input", found: input }, ...pathHelp("input"));
  for (const one of inputs) requirePath("input", one);
  requirePath("tokenizer", tokenizer);
  requirePath("output", output);
  if (/[/\\]$/.test(output))
    throw invalid(
      { option: "output", found: output },
      "the beginning of file names",
      `output: ${JSON.stringify(`${output}text`)}`,
    );
  requireFlags(options, ["addBos", "addEos", "appendEod"]);
  requireOneOf("format", format, ["megatron", "mindrecord"]);
  requireOneOf("mode", mode, ["stitch", "pad", "documents"]);
  requireOneOf("dtype", dtype, ["int32", "uint16"]);
  if (options.inputFormat !== undefined) requireOneOf("inputFormat", options.inputFormat, inputFormats);
  const { encodingErrors = "error", documentSeparator = "\n\n", jsonKeys = ["text"], chunkBytes } = options;
  requireOneOf("encodingErrors", encodingErrors, ["error", "replace", "skip"]);
  requirePath("documentSeparator", documentSeparator);
  if (!Array.isArray(jsonKeys) || jsonKeys.length === 0)
    throw invalid({ option: "jsonKeys", found: jsonKeys }, "a list of names", 'jsonKeys: ["text"]');
  for (const key of jsonKeys) requirePath("jsonKeys", key);
  if (new Set(jsonKeys).size < jsonKeys.length || jsonKeys.some((key) => key.includes("/")))
    throw invalid(
      { option: "jsonKeys", found: jsonKeys },
      'different names without "/" (each is part of a file name)',
      'jsonKeys: ["text"]',
    );
  if (mode !== "documents") requireCount("seqLength", options.seqLength, 2 ** 31 - 2);
  if (workers !== undefined) requireCount("workers", workers, 1024);
  if (chunkBytes !== undefined) requireCount("chunkBytes", chunkBytes, 2 ** 28);
  return jsonKeys.map((key: string) => ({
    inputs: inputs.map((one: string) => (one === "-" ? one : /[*?[{]/.test(one) ? one : resolve(one))),
    inputFormat: options.inputFormat,
    documentSeparator,
    key,
    encodingErrors,
    tokenizer: resolve(tokenizer),
    prefix: prefixOf({ format, output, several: jsonKeys.length > 1 }, key),
    format,
    ...mindRecordOptions(options),
    seqLength: mode === "documents" ? 0 : (options.seqLength as number),
    mode,
    dtype,
    workers,
    special: specialOf(options),
    chunkBytes,
    signal: options.signal ?? jupyterHost()?.signal,
  }));
}

interface OutputOptions {
  readonly format: "megatron" | "mindrecord";
  readonly output: string;
  /** Are there other keys? */
  readonly several: boolean;
}

function prefixOf({ format, output, several }: OutputOptions, key: string): string {
  // What MindFormers' preparation scripts append to the output prefix: the name of the JSON key and the level.
  if (format !== "mindrecord") return `${resolve(output)}_${key}_document`;
  const path = resolve(output);
  return mindRecordOutput(several ? `${path.replace(/\.mindrecord$/, "")}_${key}` : path);
}

/** MindFormers finds MindRecord files by the end of their name. */
function mindRecordOutput(output: string): string {
  return output.endsWith("mindrecord") ? output : `${output}.mindrecord`;
}

function mindRecordOptions(
  options: PrepareOptions | PrepareMindRecordOptions,
): Pick<PrepareRequest, "shards" | "columns"> {
  if (options.format !== "mindrecord") return { shards: 1, columns: [] };
  const { shards, columns, output } = options;
  requireOneLength(options);
  checkShards("prepareData", mindRecordOutput(resolve(output)), shards ?? 1);
  const sorted = [...(columns ?? ["input_ids", "labels"])].sort();
  if (!["input_ids", "input_ids,labels"].includes(sorted.join()))
    throw invalid(
      { option: "columns", found: columns },
      '["input_ids"] or ["input_ids", "labels"]',
      'columns: ["input_ids", "labels"]',
    );
  return { shards: shards ?? 1, columns: sorted };
}

/** Rows of MindRecord have one length and int32 columns: what MindFormers' models take. */
function requireOneLength({ mode = "stitch", dtype = "int32" }: Pick<PrepareOptions, "mode" | "dtype">): void {
  const where = 'with format "mindrecord"';
  if (mode === "documents")
    throw invalid({ option: "mode", found: mode }, `"stitch" or "pad" ${where}`, 'mode: "stitch"');
  if (dtype !== "int32") throw invalid({ option: "dtype", found: dtype }, `"int32" ${where}`, 'dtype: "int32"');
}

function specialOf({
  addBos,
  addEos,
  appendEod,
  padToken,
}: PrepareOptions | PrepareMindRecordOptions): PrepareRequest["special"] {
  return {
    ...(addBos === undefined ? {} : { addBos }),
    ...(addEos === undefined ? {} : { addEos }),
    ...(appendEod === undefined ? {} : { appendEod }),
    ...(padToken === undefined ? {} : { padToken }),
  };
}

/** The default number of threads for an input of that size. */
export function defaultWorkers(inputBytes: number, way: keyof typeof bytesPerWorker): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(inputBytes / bytesPerWorker[way])));
}

function pathHelp(option: string): [expected: string, example: string] {
  return option === "documentSeparator"
    ? ["a text", 'documentSeparator: "<|endoftext|>"']
    : option === "jsonKeys"
      ? ["names", 'jsonKeys: ["text"]']
      : ["a path", `${option}: "path/to/file"`];
}

function requirePath(option: string, value: unknown): void {
  if (typeof value === "string" && value !== "") return;
  throw invalid({ option, found: value }, ...pathHelp(option));
}

function requireOneOf(option: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return;
  const list = known.map((name) => `"${name}"`);
  const expected = list.length > 2 ? `${list.slice(0, -1).join(", ")} or ${list.at(-1)}` : list.join(" or ");
  throw invalid({ option, found: value }, expected, `${option}: "${known[0]}"`);
}

const countExamples = {
  workers: "workers: 2",
  chunkBytes: "chunkBytes: 524_288",
  seqLength: 'seqLength: 4096, or mode: "documents" for sequences as long as the documents are',
};

function requireCount(option: keyof typeof countExamples, value: unknown, largest: number): void {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= largest) return;
  throw invalid({ option, found: value }, `a whole number from 1 to ${largest}`, countExamples[option]);
}

interface BadOption {
  readonly option: string;
  readonly found: unknown;
}

function invalid({ option, found }: BadOption, expected: string, example: string): LabError {
  const message = `prepareData option ${option}: expected ${expected}, found ${shownValue(found)}`;
  return new LabError("ARGUMENT_INVALID", message, {
    hint: `write for example ${example}`,
    details: { option, found },
  });
}
