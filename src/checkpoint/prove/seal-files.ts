import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { FileBytes } from "../../core/bytes.js";
import { throwIfCancelled } from "../../core/cancel.js";
import { writeFileAtomic } from "../../core/files.js";
import { blockDigits, formatSeal, parseSeal, type Seal, type SealedFile, sealBlockBytes } from "./seal-format.js";

export interface SealRequest {
  /** The folder that the paths start from: what `load_checkpoint` takes. */
  readonly folder: string;
  /** Paths from that folder, of every file of the checkpoint. */
  readonly paths: readonly string[];
  readonly step: number | undefined;
  /** Called with the bytes read so far; the next block is read once it returns or its promise resolves. */
  readonly onProgress?: (bytes: number) => void | Promise<void>;
  readonly signal?: AbortSignal | undefined;
  /** Default: now. */
  readonly sealedAt?: Date;
}

/**
 * Reads every byte of the files and returns their checksums; writes nothing.
 * @throws FILE_MISSING if a file is not there, CANCELLED if the signal fires.
 */
export async function sealFiles(request: SealRequest): Promise<Seal> {
  const files: SealedFile[] = [];
  let before = 0;
  for (const path of [...request.paths].sort()) {
    const sealed = await sealFile(request, path, before);
    before += sealed.bytes;
    files.push(sealed);
  }
  const sealedAt = (request.sealedAt ?? new Date()).toISOString();
  return { step: request.step, sealedAt, blockBytes: sealBlockBytes, files };
}

async function sealFile(request: SealRequest, path: string, before: number): Promise<SealedFile> {
  const source = await FileBytes.open(join(request.folder, path), "checkpoint file");
  try {
    const blocks: string[] = [];
    for (let start = 0; start < source.byteLength; start += sealBlockBytes) {
      throwIfCancelled(request.signal, "sealing the checkpoint");
      const end = Math.min(source.byteLength, start + sealBlockBytes);
      blocks.push(blockDigits(crc32(await source.slice(start, end))));
      await request.onProgress?.(before + end);
    }
    return { path, bytes: source.byteLength, blocks: blocks.join("") };
  } finally {
    await source.close();
  }
}

/**
 * Name of the seal file of a step inside a folder of seals. Without a step it names the file, if there is one only:
 * models that lie side by side keep a seal each.
 */
export function sealFileName(step: number | undefined, paths: readonly string[] = []): string {
  if (step !== undefined) return `step-${String(step).padStart(8, "0")}.json`;
  const [path, ...more] = paths;
  return path === undefined || more.length > 0 ? "step-unknown.json" : `file-${path.replaceAll(/[/\\]/g, "-")}.json`;
}

/** Writes a seal into the folder (`runs/<name>/seals`) in one piece and returns its path. */
export async function writeSeal(folder: string, seal: Seal): Promise<string> {
  const path = join(
    folder,
    sealFileName(
      seal.step,
      seal.files.map(({ path }) => path),
    ),
  );
  await writeFileAtomic(path, formatSeal(seal));
  return path;
}

/**
 * The seal of a step, or undefined if none was made; `paths`: the files, as in the seal, for a model without a step.
 * @throws FormatError SEAL_INVALID if it is damaged.
 */
export async function readSeal(
  folder: string,
  step: number | undefined,
  paths?: readonly string[],
): Promise<Seal | undefined> {
  const path = join(folder, sealFileName(step, paths));
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : parseSeal(text, path);
}
