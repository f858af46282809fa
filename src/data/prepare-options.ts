import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { LabError } from "../core/error.js";
import { jupyterHost } from "../view/display-contract.js";
import { checkShards } from "./mindrecord-names.js";

export interface PrepareOptions {
  /** Text in WikiText's raw-token format, UTF-8. */
  readonly input: string;
  /** A Hugging Face tokenizer.json, or a folder that holds one (and perhaps tokenizer_config.json). */
  readonly tokenizer: string;
  /** Prefix of the files: `<output>_text_document.bin`, `.idx` and `.manifest.json`; for MindRecord `<output>.mindrecord…` and `.db`. */
  readonly output: string;
  /** Default "megatron": `.bin` and `.idx`. Or "mindrecord": see PrepareMindRecordOptions. */
  readonly format?: "megatron";
  /** Tokens that the model sees per sample; sequences are one token longer, so that inputs and labels overlap. */
  readonly seqLength: number;
  /** "stitch" (default): all text in a row, cut to length. "pad": one sequence per piece of text, filled up or cut off. */
  readonly mode?: "stitch" | "pad";
  /** Threads; the result does not depend on it. Default: one per 4 MiB of input, at most one per processor. */
  readonly workers?: number;
  /** Put the beginning-of-text token before every piece. Default: what the tokenizer does, for DeepSeek and Llama: yes. */
  readonly addBos?: boolean;
  /** Put the end-of-text token after every piece. Default: what the tokenizer does, for DeepSeek and Llama: no. */
  readonly appendEod?: boolean;
  /** Token (or its id) that fills short pieces in mode "pad". Default: `pad_token` of tokenizer_config.json. */
  readonly padToken?: string | number;
  /** Default: the signal of the cell that runs. */
  readonly signal?: AbortSignal;
}

/** What `prepareData` takes to write MindRecord files instead of a Megatron dataset. */
export interface PrepareMindRecordOptions extends Omit<PrepareOptions, "format"> {
  readonly format: "mindrecord";
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
  readonly input: string;
  readonly tokenizer: string;
  /** With `_text_document`. */
  readonly prefix: string;
  readonly format: "megatron" | "mindrecord";
  readonly shards: number;
  /** Empty for Megatron. */
  readonly columns: readonly string[];
  readonly seqLength: number;
  readonly mode: "stitch" | "pad";
  readonly workers: number | undefined;
  readonly special: { readonly addBos?: boolean; readonly appendEod?: boolean; readonly padToken?: string | number };
  readonly signal: AbortSignal | undefined;
}

/** What MindFormers' preparation script appends to the output prefix: the name of the JSON key and the level. */
export const prefixSuffix = "_text_document";

/** Bytes of input per thread, below which another thread costs more than it brings. */
const bytesPerWorker = 4 * 1024 * 1024;

/** Checks the options; throws ARGUMENT_INVALID for the first one that can't be used. */
export function checkPrepareOptions(options: PrepareOptions | PrepareMindRecordOptions): PrepareRequest {
  const { input, tokenizer, output, format = "megatron", seqLength, mode = "stitch", workers } = options;
  requirePath("input", input);
  requirePath("tokenizer", tokenizer);
  requirePath("output", output);
  requireOneOf("format", format, ["megatron", "mindrecord"]);
  requireOneOf("mode", mode, ["stitch", "pad"]);
  requireCount("seqLength", seqLength, 2 ** 31 - 2);
  if (workers !== undefined) requireCount("workers", workers, 1024);
  const { addBos, appendEod, padToken } = options;
  return {
    input: resolve(input),
    tokenizer: resolve(tokenizer),
    prefix: format === "mindrecord" ? mindRecordOutput(resolve(output)) : `${resolve(output)}${prefixSuffix}`,
    format,
    ...mindRecordOptions(options),
    seqLength,
    mode,
    workers,
    special: {
      ...(addBos === undefined ? {} : { addBos }),
      ...(appendEod === undefined ? {} : { appendEod }),
      ...(padToken === undefined ? {} : { padToken }),
    },
    signal: options.signal ?? jupyterHost()?.signal,
  };
}

/** MindFormers finds MindRecord files by the end of their name. */
function mindRecordOutput(output: string): string {
  return output.endsWith("mindrecord") ? output : `${output}.mindrecord`;
}

function mindRecordOptions(options: PrepareOptions | PrepareMindRecordOptions): {
  readonly shards: number;
  readonly columns: readonly string[];
} {
  if (options.format !== "mindrecord") return { shards: 1, columns: [] };
  const { shards, columns, output } = options;
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

/** The default number of threads for an input of that size. */
export function defaultWorkers(inputBytes: number, processors = availableParallelism()): number {
  return Math.max(1, Math.min(processors, Math.ceil(inputBytes / bytesPerWorker)));
}

function requirePath(option: string, value: unknown): void {
  if (typeof value === "string" && value !== "") return;
  throw invalid({ option, found: value }, "a path", `${option}: "path/to/file"`);
}

function requireOneOf(option: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return;
  throw invalid({ option, found: value }, known.map((name) => `"${name}"`).join(" or "), `${option}: "${known[0]}"`);
}

function requireCount(option: string, value: unknown, largest: number): void {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= largest) return;
  const example = `${option}: ${option === "workers" ? 2 : 4096}`;
  throw invalid({ option, found: value }, `a whole number from 1 to ${largest}`, example);
}

interface BadOption {
  readonly option: string;
  readonly found: unknown;
}

function invalid({ option, found }: BadOption, expected: string, example: string): LabError {
  const shown = typeof found === "number" ? String(found) : (JSON.stringify(found) ?? String(found));
  return new LabError("ARGUMENT_INVALID", `prepareData option ${option}: expected ${expected}, found ${shown}`, {
    hint: `write for example ${example}`,
    details: { option, found },
  });
}
