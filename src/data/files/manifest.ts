import type { FileRecord } from "./file-record.js";

/** `<prefix>.manifest.json`: the inputs, the options, and the result of `prepareData`. */
export interface DatasetManifest {
  readonly layout: 1;
  /** ISO 8601. */
  readonly created: string;
  readonly versions: { readonly recipe: number; readonly tokenizers: string };
  /** The input file; of several files their number and common folder, total bytes, and a hash over their hashes. */
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
    readonly eodId?: number | undefined;
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
    /** Default: "error". */
    readonly onBadLines?: "error" | "skip";
    /** MindRecord: number of files and columns of a row. */
    readonly shards?: number;
    readonly columns?: readonly string[];
  };
  readonly counts: {
    readonly pieces: number;
    readonly sequences: number;
    /** All tokens in `.bin`, padding tokens included. */
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
    /** Empty lines and empty documents that were skipped. */
    readonly skipped: number;
    /** Byte sequences that were not UTF-8 and halves of characters: replaced or skipped, as `encodingErrors` says. */
    readonly repaired: number;
    /**
     * Pieces of text that the native library tokenized; the fast encoder, which gives the same ids, took the others.
     */
    readonly native: number;
    /**
     * Skipped JSON lines and Parquet rows, and where the first is; missing: none.
     */
    readonly badLines?: number;
    readonly firstBadLine?: string;
    /** Files of the input folders that were not read, and why; at most 1,000; missing: none. */
    readonly leftOut?: readonly { readonly path: string; readonly why: string }[];
  };
  /** `bin` and `idx`; MindRecord: every shard and index under its own name. */
  readonly files: Readonly<Record<string, FileRecord>>;
}

/** The parts of a manifest that decide what the files contain. */
export type ManifestCause = Pick<DatasetManifest, "versions" | "input" | "inputs" | "tokenizer" | "options">;

export function manifestPath(prefix: string): string {
  return `${prefix}.manifest.json`;
}

/** The reasons why files made from `before` would not be those made from `now`; empty if they would be the same. */
export function manifestChanges(before: ManifestCause, now: ManifestCause): string[] {
  const pairs: readonly (readonly [what: string, was: unknown, is: unknown])[] = [
    ["number of input files", before.inputs?.length ?? 1, now.inputs?.length ?? 1],
    ["input sha256", before.input.sha256.slice(0, 12), now.input.sha256.slice(0, 12)],
    ["tokenizer sha256", before.tokenizer.sha256.slice(0, 12), now.tokenizer.sha256.slice(0, 12)],
    ["tokens before each piece", before.tokenizer.before, now.tokenizer.before],
    ["tokens after each piece", before.tokenizer.after, now.tokenizer.after],
    ["token after each document", before.tokenizer.eodId, now.tokenizer.eodId],
    ["dtype", before.options.dtype ?? "int32", now.options.dtype ?? "int32"],
    ["input format", before.options.inputFormats ?? ["wikitext"], now.options.inputFormats ?? ["wikitext"]],
    ["documentSeparator", before.options.documentSeparator, now.options.documentSeparator],
    ["jsonKeys", before.options.jsonKey, now.options.jsonKey],
    ["encodingErrors", before.options.encodingErrors ?? "error", now.options.encodingErrors ?? "error"],
    ["onBadLines", before.options.onBadLines ?? "error", now.options.onBadLines ?? "error"],
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

/** What `prepareData` takes if an option is not given. */
const usual: Readonly<Record<string, unknown>> = {
  format: "megatron",
  mode: "stitch",
  dtype: "int32",
  encodingErrors: "error",
  onBadLines: "error",
  documentSeparator: "\n\n",
  shards: 1,
  columns: ["input_ids", "labels"],
  jsonKeys: ["text"],
};

const isUsual = ([name, value]: readonly [string, unknown]): boolean =>
  value === undefined || JSON.stringify(value) === JSON.stringify(usual[name]);

/** The options of a manifest by the names that `prepareData` takes. */
function callOptions({ jsonKey, inputFormats, ...options }: DatasetManifest["options"]): Record<string, unknown> {
  const [format, ...others] = inputFormats ?? [];
  // The other formats follow from the endings of the files.
  const written = others.length === 0 && (format === "lines" || format === "text") ? format : undefined;
  return { ...options, inputFormat: written, jsonKeys: jsonKey === undefined ? undefined : [jsonKey] };
}

function written(entries: readonly (readonly [string, unknown])[]): string {
  return entries.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ");
}

/** Options that `before` had and `now` has not, as a call writes them: `seqLength: 128`; empty if there are none. */
export function earlierOptions(before: DatasetManifest["options"], now: DatasetManifest["options"]): string {
  const is = callOptions(now);
  const were = Object.entries(callOptions(before));
  return written(
    were
      .map(([name, value]) => [name, value ?? usual[name]] as const)
      .filter(
        ([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(is[name] ?? usual[name]),
      ),
  );
}

/** The call of `prepareData` that makes the dataset at `prefix` as the manifest describes it. */
export function preparingCall(prefix: string, { input, inputs, tokenizer, options }: ManifestCause): string {
  const paths = inputs?.map(({ path }) => path) ?? [input.path];
  const ending = `_${options.jsonKey ?? "text"}_document`;
  const output = prefix.endsWith(ending) ? prefix.slice(0, -ending.length) : prefix;
  const from = paths.length === 1 ? JSON.stringify(paths[0]) : paths.length > 4 ? "…" : JSON.stringify(paths);
  const rest = written([
    ["tokenizer", tokenizer.path],
    ["output", output],
    ...Object.entries(callOptions(options)).filter((entry) => !isUsual(entry)),
  ]);
  return `prepareData({ input: ${from}, ${rest} })`;
}
