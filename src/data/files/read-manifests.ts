import { readFile } from "node:fs/promises";
import { FormatError } from "../../core/error.js";
import type { DerivedManifest, Manifests } from "./derived-manifest.js";
import { type DatasetManifest, manifestPath } from "./manifest.js";

/**
 * The manifest beside a dataset that `prepareData` made; undefined for others. Throws MANIFEST_INVALID for one that
 * can't be understood.
 */
export async function readManifest(prefix: string): Promise<DatasetManifest | undefined> {
  const found = await readManifestText(prefix);
  const value = found && parseManifest(found.text, found.file);
  return value === undefined || "made" in value ? undefined : value;
}

async function readManifestText(prefix: string): Promise<{ readonly text: string; readonly file: string } | undefined> {
  const file = manifestPath(prefix);
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : { text, file };
}

function parseManifest(text: string, file: string): DatasetManifest | DerivedManifest {
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

/** Reads the manifest beside a dataset, of whichever kind. Throws MANIFEST_INVALID for one that can't be understood. */
export async function readManifests(prefix: string): Promise<Manifests> {
  const found = await readManifestText(prefix);
  if (!found) return {};
  const value = parseManifest(found.text, found.file);
  return "made" in value ? { derived: value } : { manifest: value };
}
