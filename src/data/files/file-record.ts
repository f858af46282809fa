import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Size, time, and checksum of a file: enough to see quickly that it is unchanged, and to prove it. */
export interface FileRecord {
  /** Absolute for inputs; the name within the manifest's folder for outputs. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Hash of a file's bytes. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/**
 * Where a file of a manifest lies; `.bin` and `.idx` may have been given another name since, together with the
 * manifest.
 */
export function recordedFile(prefix: string, [kind, { path }]: readonly [kind: string, record: FileRecord]): string {
  return kind === "bin" || kind === "idx" ? `${prefix}.${kind}` : join(dirname(prefix), path);
}

/** True if the file still is what the record says: same size, and same time of change or same bytes. */
export async function matchesRecord(path: string, record: FileRecord): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== record.bytes) return false;
  return found.mtimeMs === record.modified || (await fileSha256(path)) === record.sha256;
}
