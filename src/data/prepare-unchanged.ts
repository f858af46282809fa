import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type DatasetManifest,
  type FileRecord,
  type ManifestCause,
  manifestChanges,
  matchesRecord,
  readManifest,
} from "./manifest.js";
import type { PrepareRequest } from "./prepare-options.js";
import type { TextScan } from "./text-scan.js";

export type Finding =
  | { readonly unchanged: DatasetManifest; readonly reasons: readonly string[]; readonly scan?: undefined }
  /** `reasons`: what is different from the dataset that is there; empty if there is none. */
  | { readonly unchanged?: undefined; readonly reasons: readonly string[]; readonly scan: TextScan };

/**
 * Is the dataset that lies at the prefix what the request would make? The input is only read (`scan`) if its size or time of change say
 * that it may be another one, or if it has to be prepared anyway.
 */
export async function findUnchanged(
  request: PrepareRequest,
  causeWith: (input: FileRecord) => ManifestCause,
  scan: () => Promise<TextScan>,
): Promise<Finding> {
  const { manifest, reasons } = await manifestBefore(request.prefix);
  if (!manifest) return { reasons, scan: await scan() };
  const scanned = (await looksUntouched(request.input, manifest.input)) ? undefined : await scan();
  const input = { ...manifest.input, sha256: scanned?.sha256 ?? manifest.input.sha256 };
  const changes = [...manifestChanges(manifest, causeWith(input)), ...(await damage(request.prefix, manifest))];
  if (changes.length === 0) return { unchanged: manifest, reasons: [] };
  return { reasons: changes, scan: scanned ?? (await scan()) };
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

async function looksUntouched(path: string, record: FileRecord): Promise<boolean> {
  const { size, mtimeMs } = await stat(path);
  return path === record.path && size === record.bytes && mtimeMs === record.modified;
}

async function damage(prefix: string, { files }: DatasetManifest): Promise<string[]> {
  const found: string[] = [];
  for (const [kind, record] of Object.entries(files))
    if (!(await matchesRecord(join(dirname(prefix), record.path), record)))
      found.push(
        `the ${record.path.endsWith(`.${kind}`) ? `.${kind} file` : `file ${kind}`} is missing or was changed`,
      );
  return found;
}
