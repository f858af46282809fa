import type { DerivedManifest } from "../../files/derived-manifest.js";
import type { DatasetManifest } from "../../files/manifest.js";

/** What manifests of all kinds have in common. */
export type Origin = Pick<DatasetManifest, "files"> &
  Pick<DerivedManifest, "tokenizer"> & { readonly options?: Partial<DatasetManifest["options"]> };

/** What the tokens are held against. */
export interface Expectations {
  readonly vocabSize: number | undefined;
  readonly eod: number | undefined;
  readonly pad: number | undefined;
  readonly cutLength: number | undefined;
  /** Documents end where sequences were cut, so that the end-of-text token is expected somewhere, not at their ends. */
  readonly stitched: boolean;
}

/** What the manifest says, unless the caller says otherwise. */
export function expectations(
  manifest: Origin | undefined,
  options: { readonly vocabSize?: number; readonly eod?: number; readonly pad?: number },
): Expectations {
  const tokenizer = manifest?.tokenizer;
  const { mode, seqLength } = manifest?.options ?? {};
  const appended = tokenizer?.eosId !== undefined && tokenizer.after.includes(tokenizer.eosId);
  return {
    vocabSize: options.vocabSize ?? tokenizer?.vocabSize,
    eod: options.eod ?? tokenizer?.eodId ?? (appended ? tokenizer?.eosId : undefined),
    pad: options.pad ?? (mode === "pad" ? tokenizer?.padId : undefined),
    cutLength: mode === "pad" && seqLength !== undefined ? seqLength + 1 : undefined,
    stitched: mode === "stitch",
  };
}
