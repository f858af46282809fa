import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { shownValue } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { jupyterHost } from "../../view/display-contract.js";
import { checkShards } from "../mindrecord/names.js";
import { inputFormats } from "../text/input/files.js";
import { requireFlags, requireKnownOptions } from "./option-names.js";
import type { PrepareMindRecordOptions, PrepareOptions, PrepareRequest } from "./options.js";

/**
 * Bytes of input per thread, below which another thread costs more than it brings (README, Measured): with the fast
 * way, and without.
 */
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
      "a prefix of file names",
      `output: ${JSON.stringify(`${output}text`)}`,
    );
  requireFlags(options, ["addBos", "addEos", "appendEod"]);
  requireOneOf("format", format, ["megatron", "mindrecord"]);
  requireOneOf("mode", mode, ["stitch", "pad", "documents"]);
  requireOneOf("dtype", dtype, ["int32", "uint16"]);
  if (options.inputFormat !== undefined) requireOneOf("inputFormat", options.inputFormat, inputFormats);
  const { encodingErrors = "error", documentSeparator = "\n\n", jsonKeys = ["text"], chunkBytes } = options;
  requireOneOf("encodingErrors", encodingErrors, ["error", "replace", "skip"]);
  const { onBadLines = "error", badLineLimit = 1000 } = options;
  requireOneOf("onBadLines", onBadLines, ["error", "skip"]);
  requireCount("badLineLimit", badLineLimit, { from: 0, to: Number.MAX_SAFE_INTEGER });
  requirePath("documentSeparator", documentSeparator);
  if (!Array.isArray(jsonKeys) || jsonKeys.length === 0)
    throw invalid({ option: "jsonKeys", found: jsonKeys }, "a list of names", 'jsonKeys: ["text"]');
  for (const key of jsonKeys) requirePath("jsonKeys", key);
  const odd = jsonKeys.find((key, index) => key.includes("/") || jsonKeys.indexOf(key) !== index);
  if (odd !== undefined)
    throw invalid(
      { option: "jsonKeys", found: odd },
      'different names without "/" (each is part of a file name)',
      'jsonKeys: ["text"]',
    );
  if (mode !== "documents") requireCount("seqLength", options.seqLength, { to: 2 ** 31 - 2 });
  if (workers !== undefined) requireCount("workers", workers, { to: 1024 });
  if (chunkBytes !== undefined) requireCount("chunkBytes", chunkBytes, { to: 2 ** 28 });
  return jsonKeys.map((key: string) => ({
    inputs: inputs.map((one: string) => (one === "-" ? one : /[*?[{]/.test(one) ? one : resolve(one))),
    inputFormat: options.inputFormat,
    documentSeparator,
    key,
    encodingErrors,
    onBadLines,
    badLineLimit,
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
  const isToken = padToken === undefined || ["string", "number"].includes(typeof padToken);
  if (!isToken) throw invalid({ option: "padToken", found: padToken }, "a token or its id", 'padToken: "<pad>"');
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
  badLineLimit: "badLineLimit: 1000",
  seqLength: 'seqLength: 4096, or mode: "documents" for sequences as long as the documents are',
};

interface CountRange {
  /** Default 1. */
  readonly from?: number;
  readonly to: number;
}

function requireCount(option: keyof typeof countExamples, value: unknown, range: CountRange): void {
  const { from = 1, to } = range;
  if (Number.isInteger(value) && (value as number) >= from && (value as number) <= to) return;
  throw invalid({ option, found: value }, `a whole number from ${from} to ${to}`, countExamples[option]);
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
