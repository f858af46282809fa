import { type FileRecord, matchesRecord, recordedFile } from "../files/file-record.js";
import { type DatasetManifest, earlierOptions, type ManifestCause, manifestChanges } from "../files/manifest.js";
import { readManifest } from "../files/read-manifests.js";
import type { InputFile } from "../text/input/files.js";
import { inputRecords } from "./input.js";

/** What is already there. */
export interface Finding {
  /** The dataset that is there, if it is what the request would make. */
  readonly unchanged: DatasetManifest | undefined;
  /** What is different from the dataset that is there; empty if there is none. */
  readonly reasons: readonly string[];
  /** Options that make the dataset that is there, if others are asked for: `seqLength: 128`. */
  readonly earlier?: string;
}

type Inputs = Pick<ManifestCause, "input" | "inputs">;

/**
 * Is the dataset that lies at the prefix what the request would make? The input is only read (`hashes`) if its size
 * or time of change say that it may be another one.
 */
export async function findUnchanged(
  { prefix, files }: { readonly prefix: string; readonly files: readonly InputFile[] },
  causeWith: (inputs: Inputs) => ManifestCause,
  hashes: () => Promise<readonly string[]>,
): Promise<Finding> {
  const { manifest, reasons } = await manifestBefore(prefix);
  if (!manifest) return { unchanged: undefined, reasons };
  const records = manifest.inputs ?? [manifest.input];
  const known = looksUntouched(files, records) ? records.map(({ sha256 }) => sha256) : await hashes();
  const cause = causeWith(inputRecords(files, known));
  const all = [...manifestChanges(manifest, cause), ...(await damage(prefix, manifest))];
  if (all.length === 0) return { unchanged: manifest, reasons: [] };
  return { unchanged: undefined, reasons: all, earlier: earlierOptions(manifest.options, cause.options) };
}

async function manifestBefore(
  prefix: string,
): Promise<{ readonly manifest?: DatasetManifest; readonly reasons: readonly string[] }> {
  try {
    const manifest = await readManifest(prefix);
    return manifest ? { manifest, reasons: [] } : { reasons: [] };
  } catch {
    return { reasons: ["its manifest could not be read"] };
  }
}

function looksUntouched(files: readonly InputFile[], records: readonly FileRecord[]): boolean {
  if (files.length !== records.length) return false;
  return files.every(({ path, bytes, modified }, i) => {
    const record = records[i] as FileRecord;
    return path === record.path && bytes === record.bytes && modified === record.modified;
  });
}

async function damage(prefix: string, { files }: DatasetManifest): Promise<string[]> {
  const found: string[] = [];
  for (const [kind, record] of Object.entries(files))
    if (!(await matchesRecord(recordedFile(prefix, [kind, record]), record)))
      found.push(
        `the ${record.path.endsWith(`.${kind}`) ? `.${kind} file` : `file ${kind}`} is missing or was changed`,
      );
  return found;
}
