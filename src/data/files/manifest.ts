import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FormatError } from "../../core/error.js";
import type { DerivedManifest } from "./derived-manifest.js";

/** A file as it was: enough to see quickly that it is the same, and to prove it. */
export interface FileRecord {
  /** Absolute for inputs; the name within the manifest's folder for outputs. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** `<prefix>.manifest.json`: what a dataset was made of, how, and what came out. */
export interface DatasetManifest {
  readonly layout: 1;
  /** ISO 8601. */
  readonly created: string;
  readonly versions: { readonly recipe: number; readonly tokenizers: string };
  /** The file, or for several files: what they have in common, their bytes together, and a hash over their hashes. */
  readonly input: FileRecord;
  /** Every file, if there are several. */
  readonly inputs?: readonly FileRecord[];
  readonly tokenizer: {
    readonly path: string;
    readonly sha256: string;
    readonly vocabSize: number;
    readonly bosId: number | undefined;
    readonly eosId: number | undefined;
    readonly padId: number | undefined;
    readonly before: readonly number[];
    readonly after: readonly number[];
    /** Put after every document that has tokens. */
    readonly endOfDocument?: number | undefined;
  };
  readonly options: {
    readonly format: "megatron" | "mindrecord";
    /** Undefined in mode "documents". */
    readonly seqLength: number | undefined;
    readonly mode: "stitch" | "pad" | "documents";
    readonly dtype?: "int32" | "uint16";
    readonly inputFormats?: readonly string[];
    readonly documentSeparator?: string;
    readonly jsonKey?: string;
    readonly encodingErrors?: "error" | "replace" | "skip";
    /** MindRecord: number of files and columns of a row. */
    readonly shards?: number;
    readonly columns?: readonly string[];
  };
  readonly counts: {
    readonly pieces: number;
    readonly sequences: number;
    /** All tokens in `.bin`, fill tokens included. */
    readonly tokens: number;
    /** Tokens of the text that are not in `.bin`. */
    readonly dropped: number;
    readonly padded: number;
  };
  /** How the text was read. */
  readonly reading?: {
    readonly files: number;
    /** Decompressed. */
    readonly textBytes: number;
    /** Empty lines and empty documents that were left out. */
    readonly skipped: number;
    /** Byte sequences that were not UTF-8 and halves of characters: replaced or left out, as `encodingErrors` says. */
    readonly repaired: number;
    /** Pieces of text that the native library tokenized; all others went the fast way, which gives the same ids. */
    readonly native: number;
  };
  /** `bin` and `idx`; MindRecord: every shard and index under its own name. */
  readonly files: Readonly<Record<string, FileRecord>>;
}

/** The parts of a manifest that decide what the files contain. */
export type ManifestCause = Pick<DatasetManifest, "versions" | "input" | "inputs" | "tokenizer" | "options">;

export function manifestPath(prefix: string): string {
  return `${prefix}.manifest.json`;
}

/** The manifest beside a dataset that `prepareData` made; undefined for others. Throws MANIFEST_INVALID for one that can't be understood. */
export async function readManifest(prefix: string): Promise<DatasetManifest | undefined> {
  const found = await readManifestText(prefix);
  const value = found && parseManifest(found.text, found.file);
  return value === undefined || "made" in value ? undefined : value;
}

export async function readManifestText(
  prefix: string,
): Promise<{ readonly text: string; readonly file: string } | undefined> {
  const file = manifestPath(prefix);
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : { text, file };
}

export function parseManifest(text: string, file: string): DatasetManifest | DerivedManifest {
  const fail = (found: string, cause?: unknown) =>
    new FormatError("MANIFEST_INVALID", `manifest ${file}: ${found}`, {
      hint: `remove it: rm ${JSON.stringify(file)}; the dataset can be read without it`,
      file,
      offset: 0,
      cause,
    });
  let value: Partial<DatasetManifest & DerivedManifest> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (cause) {
    throw fail(`expected JSON, found ${JSON.stringify(text.slice(0, 40))}`, cause);
  }
  if (value?.layout !== 1) throw fail(`expected layout 1, found ${JSON.stringify(value?.layout)}`);
  const sections =
    value.made === undefined
      ? (["versions", "input", "tokenizer", "options", "counts", "files"] as const)
      : (["sources", "files"] as const);
  const missing = sections.filter((key) => !value?.[key]);
  if (missing.length > 0) throw fail(`expected the sections of layout 1, missing: ${missing.join(", ")}`);
  return value as DatasetManifest | DerivedManifest;
}

/** The reasons why files made from `before` would not be those made from `now`; empty if they would be the same. */
export function manifestChanges(before: ManifestCause, now: ManifestCause): string[] {
  const pairs: readonly (readonly [what: string, was: unknown, is: unknown])[] = [
    ["number of input files", before.inputs?.length ?? 1, now.inputs?.length ?? 1],
    ["input sha256", before.input.sha256.slice(0, 12), now.input.sha256.slice(0, 12)],
    ["tokenizer sha256", before.tokenizer.sha256.slice(0, 12), now.tokenizer.sha256.slice(0, 12)],
    ["tokens before each piece", before.tokenizer.before, now.tokenizer.before],
    ["tokens after each piece", before.tokenizer.after, now.tokenizer.after],
    ["token after each document", before.tokenizer.endOfDocument, now.tokenizer.endOfDocument],
    ["dtype", before.options.dtype ?? "int32", now.options.dtype ?? "int32"],
    ["input format", before.options.inputFormats ?? ["wikitext"], now.options.inputFormats ?? ["wikitext"]],
    ["documentSeparator", before.options.documentSeparator, now.options.documentSeparator],
    ["jsonKeys", before.options.jsonKey, now.options.jsonKey],
    ["encodingErrors", before.options.encodingErrors ?? "error", now.options.encodingErrors ?? "error"],
    ["format", before.options.format, now.options.format],
    ["seqLength", before.options.seqLength, now.options.seqLength],
    ["mode", before.options.mode, now.options.mode],
    ["shards", before.options.shards ?? 1, now.options.shards ?? 1],
    ["columns", before.options.columns ?? [], now.options.columns ?? []],
    ["pad id", padOf(before), padOf(now)],
    ["preparation recipe", before.versions.recipe, now.versions.recipe],
    ["tokenizers library", before.versions.tokenizers, now.versions.tokenizers],
  ];
  return pairs
    .map(([what, was, is]) => [what, JSON.stringify(was), JSON.stringify(is)] as const)
    .filter(([, was, is]) => was !== is)
    .map(([what, was, is]) => `${what} was ${was}, now ${is}`);
}

function padOf({ options, tokenizer }: ManifestCause): number | undefined {
  return options.mode === "pad" ? tokenizer.padId : undefined;
}

/** Hash of a file's bytes. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Where a file of a manifest lies; `.bin` and `.idx` may have been given another name since, together with the manifest. */
export function recordedFile(prefix: string, [kind, { path }]: readonly [kind: string, record: FileRecord]): string {
  return kind === "bin" || kind === "idx" ? `${prefix}.${kind}` : join(dirname(prefix), path);
}

/** True if the file still is what the record says: same size, and same time of change or same bytes. */
export async function matchesRecord(path: string, record: FileRecord): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== record.bytes) return false;
  return found.mtimeMs === record.modified || (await fileSha256(path)) === record.sha256;
}
