import type { FileRecord } from "./file-record.js";
import type { DatasetManifest } from "./manifest.js";

/** The part of one source that a merged or split dataset holds. */
export interface DerivedSource {
  /** Absolute path at that time. */
  readonly prefix: string;
  /** First document, and the one after the last. */
  readonly first: number;
  readonly end: number;
  /** Size of these documents' tokens in bytes, and their SHA-256 (hexadecimal). */
  readonly bytes: number;
  readonly sha256: string;
}

/** `<prefix>.manifest.json` of a dataset that `mergeDatasets` or `splitDataset` made: its sources and the result. */
export interface DerivedManifest {
  readonly layout: 1;
  readonly made: "merged" | "split";
  /** ISO 8601. */
  readonly created: string;
  /** In the order of the documents. */
  readonly sources: readonly DerivedSource[];
  /** Present if all sources share it. */
  readonly tokenizer?: DatasetManifest["tokenizer"];
  /** Present if all sources share it. */
  readonly options?: Pick<DatasetManifest["options"], "format" | "mode" | "seqLength">;
  readonly files: { readonly bin: FileRecord; readonly idx: FileRecord };
}

/** What a dataset was made of: of text by `prepareData`, or of other datasets. */
export interface Manifests {
  readonly manifest?: DatasetManifest | undefined;
  readonly derived?: DerivedManifest | undefined;
}

type Made = Pick<DerivedManifest, "tokenizer" | "options">;

/** What all datasets have in common of how they were made. */
export function commonOrigin(datasets: readonly Manifests[]): Made {
  const origins = datasets.map(({ manifest, derived }) => originOf(manifest ?? derived));
  const [first] = origins;
  const same = (key: keyof Made) =>
    first?.[key] !== undefined && origins.every((origin) => JSON.stringify(origin[key]) === JSON.stringify(first[key]));
  return {
    ...(first?.tokenizer && same("tokenizer") ? { tokenizer: first.tokenizer } : {}),
    ...(first?.options && same("options") ? { options: first.options } : {}),
  };
}

function originOf({ tokenizer, options }: Made = {}): Made {
  return {
    ...(tokenizer ? { tokenizer } : {}),
    ...(options ? { options: { format: options.format, mode: options.mode, seqLength: options.seqLength } } : {}),
  };
}
