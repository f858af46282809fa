import { basename } from "node:path";
import { fileSha256, recordedFile } from "../files/file-record.js";
import type { DatasetManifest } from "../files/manifest.js";

/** Names of the files that are missing or have other bytes than the manifest says. */
export async function damagedFiles(prefix: string, { files }: DatasetManifest): Promise<string[]> {
  const damaged: string[] = [];
  for (const file of Object.entries(files)) {
    const path = recordedFile(prefix, file);
    const found = await fileSha256(path).catch(() => undefined);
    if (found !== file[1].sha256) damaged.push(basename(path));
  }
  return damaged;
}
