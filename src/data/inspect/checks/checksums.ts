import { basename } from "node:path";
import { throwIfCancelled } from "../../../core/cancel.js";
import { fileSha256, recordedFile } from "../../files/file-record.js";
import type { Origin } from "./expectations.js";
import type { CheckRow } from "./verification.js";

/** Compares the checksum of every file with the manifest's. `what`: prefix or path of the dataset. */
export async function checksums(
  { manifest, what }: { readonly manifest: Origin | undefined; readonly what: string },
  signal?: AbortSignal,
): Promise<CheckRow> {
  const check = "checksums";
  if (!manifest)
    return { check, verdict: "unknown", found: "no manifest beside the dataset, so nothing to compare with" };
  const records = Object.entries(manifest.files);
  const wrong: string[] = [];
  for (const [kind, record] of records) {
    throwIfCancelled(signal, "verify");
    const path = recordedFile(what, [kind, record]);
    const found = await fileSha256(path).catch(() => "missing");
    if (found !== record.sha256)
      wrong.push(`${basename(path)} (${found.slice(0, 12)}, manifest ${record.sha256.slice(0, 12)})`);
  }
  if (wrong.length === 0) return { check, verdict: "ok", found: `${records.length} files are as they were written` };
  return { check, verdict: "damaged", found: `changed: ${wrong.join(", ")}`, hint: "await data.repair()" };
}
