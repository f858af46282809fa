import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { LabError } from "../core/error.js";
import { jupyterHost } from "../view/display-contract.js";

export interface PrepareOptions {
  /** Text in WikiText's raw-token format, UTF-8. */
  readonly input: string;
  /** A Hugging Face tokenizer.json, or a folder that holds one (and perhaps tokenizer_config.json). */
  readonly tokenizer: string;
  /** Prefix of the files: `<output>_text_document.bin`, `.idx` and `.manifest.json`. */
  readonly output: string;
  /** Default "megatron", the only one so far. */
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

/** The options after checking: defaults filled in, paths absolute. */
export interface PrepareRequest {
  readonly input: string;
  readonly tokenizer: string;
  /** With `_text_document`. */
  readonly prefix: string;
  readonly format: "megatron";
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
export function checkPrepareOptions(options: PrepareOptions): PrepareRequest {
  const { input, tokenizer, output, format = "megatron", seqLength, mode = "stitch", workers } = options;
  requirePath("input", input);
  requirePath("tokenizer", tokenizer);
  requirePath("output", output);
  requireOneOf("format", format, ["megatron"]);
  requireOneOf("mode", mode, ["stitch", "pad"]);
  requireCount("seqLength", seqLength, 2 ** 31 - 2);
  if (workers !== undefined) requireCount("workers", workers, 1024);
  const { addBos, appendEod, padToken } = options;
  return {
    input: resolve(input),
    tokenizer: resolve(tokenizer),
    prefix: `${resolve(output)}${prefixSuffix}`,
    format,
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
