import { shownValue } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { suggestName } from "../../core/options/option-names.js";
import type { PrepareMindRecordOptions, PrepareOptions } from "./options.js";

/** Every option, and whether it is only there for one format. */
const names: Readonly<Record<keyof PrepareOptions | keyof PrepareMindRecordOptions, "every" | "mindrecord">> = {
  input: "every",
  inputFormat: "every",
  documentSeparator: "every",
  jsonKeys: "every",
  encodingErrors: "every",
  onBadLines: "every",
  badLineLimit: "every",
  tokenizer: "every",
  output: "every",
  format: "every",
  seqLength: "every",
  mode: "every",
  dtype: "every",
  workers: "every",
  addBos: "every",
  addEos: "every",
  appendEod: "every",
  padToken: "every",
  chunkBytes: "every",
  signal: "every",
  shards: "mindrecord",
  columns: "mindrecord",
};

/**
 * Throws ARGUMENT_INVALID for an option that there is none of, or not with this format: what a cell's types tell, a
 * script, or options that were read from a file, may not.
 */
export function requireKnownOptions(options: unknown): void {
  if (typeof options !== "object" || options === null)
    throw invalid(`prepareData: expected an object with options, found ${options === null ? "null" : typeof options}`, {
      hint:
        'write for example prepareData({ input: "text.jsonl", tokenizer: "tokenizer.json", output: ' +
        '"dataset/text", seqLength: 4096 })',
    });
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const format = Object.hasOwn(names, name) ? names[name as keyof typeof names] : undefined;
    if (format === undefined) throw unknown(name);
    if (format === "mindrecord" && (options as { format?: unknown }).format !== "mindrecord")
      throw invalid(`prepareData option ${name}: expected only with format "mindrecord", found without`, {
        hint: `write format: "mindrecord", or remove ${name}`,
      });
  }
}

/** Throws ARGUMENT_INVALID for a value that is neither true nor false. */
export function requireFlags(options: object, flags: readonly (keyof PrepareOptions)[]): void {
  for (const name of flags) {
    const value: unknown = (options as PrepareOptions)[name];
    if (value === undefined || typeof value === "boolean") continue;
    throw invalid(`prepareData option ${name}: expected true or false, found ${shownValue(value)}`, {
      hint: `write ${name}: true or ${name}: false`,
    });
  }
}

function unknown(name: string): LabError {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, "");
  const own = plain(name);
  const known = Object.keys(names);
  const begins = (other: string) => own.length > 2 && (other.startsWith(own) || own.startsWith(other));
  const near = suggestName(name, known) ?? known.find((other) => begins(plain(other)));
  return invalid(`prepareData: unknown option ${name}`, {
    hint: near ? `did you mean ${near}?` : `the options are ${known.join(", ")}`,
  });
}

function invalid(message: string, { hint }: { readonly hint: string }): LabError {
  return new LabError("ARGUMENT_INVALID", message, { hint });
}
