import type { DatasetManifest } from "../files/manifest.js";
import { type OpenTokenizer, openTokenizer } from "./tokenizer.js";

/** A tokenizer if it is known, else why not. */
export interface KnownTokenizer {
  readonly tokenizer?: OpenTokenizer;
  readonly note: string;
}

/** The tokenizer that a manifest names, if it is still there and still the same. */
export async function openKnownTokenizer(named: DatasetManifest["tokenizer"] | undefined): Promise<KnownTokenizer> {
  if (!named) return { note: "no manifest beside the dataset names a tokenizer: ids only" };
  const tokenizer = await openTokenizer(named.path).catch(() => undefined);
  if (!tokenizer) return { note: `tokenizer ${named.path} can't be opened: ids only` };
  if (tokenizer.sha256 === named.sha256) return { tokenizer, note: "" };
  return { note: `tokenizer ${named.path} is not the one that made this dataset: ids only` };
}
