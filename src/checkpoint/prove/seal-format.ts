import { createHash } from "node:crypto";
import { FormatError } from "../../core/error.js";
import { formatBytes } from "../../core/units.js";

/**
 * Checksums of one complete checkpoint. The text is one line of JSON, then a line `sha256 <hex>` of that first line,
 * so that a damaged seal is not mistaken for damaged files.
 */
export interface Seal {
  /** Optimizer step; undefined if the files store none. */
  readonly step: number | undefined;
  /** When the seal was made, ISO 8601 in UTC. */
  readonly sealedAt: string;
  /** Bytes that each CRC-32 covers; the last block of a file may be shorter. */
  readonly blockBytes: number;
  readonly files: readonly SealedFile[];
}

/** One file of a sealed checkpoint. */
export interface SealedFile {
  /** Path from the sealed folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** CRC-32 (zlib's) of each block as 8 hexadecimal digits, one after the other. */
  readonly blocks: string;
}

export const sealBlockBytes = 4 * 1024 * 1024;
const formatName = "mindformers-lab-seal";
const formatVersion = 1;

/** Text of a seal file; see `Seal`. */
export function formatSeal(seal: Seal): string {
  const { step, sealedAt, blockBytes, files } = seal;
  const line = JSON.stringify({ format: formatName, version: formatVersion, step, sealedAt, blockBytes, files });
  return `${line}\nsha256 ${sha256(line)}\n`;
}

/**
 * Reads a seal file's text; `file` is its name for messages.
 * @throws FormatError SEAL_INVALID if the text is damaged or of another version.
 */
export function parseSeal(text: string, file: string): Seal {
  const fail = (what: string, offset = 0) =>
    new FormatError("SEAL_INVALID", `${file}: not a valid seal: ${what}`, {
      file,
      offset,
      hint: "seal the checkpoint again: await checkpoint.seal()",
    });
  const [line = "", proof = ""] = text.split("\n");
  if (proof !== `sha256 ${sha256(line)}`) {
    throw fail(`expected the second line to be the SHA-256 of the first, found ${JSON.stringify(proof.slice(0, 80))}`);
  }
  const value = JSON.parse(line) as Seal & { readonly format: unknown; readonly version: unknown };
  if (value.format !== formatName || value.version !== formatVersion) {
    throw fail(`expected ${formatName} version ${formatVersion}, found ${value.format} version ${value.version}`);
  }
  for (const { path, bytes, blocks } of value.files) {
    const expected = 8 * blockCount(bytes, value.blockBytes);
    if (blocks.length !== expected || path.startsWith("/") || path.split("/").includes("..")) {
      throw fail(`file ${path} of ${formatBytes(bytes)}: expected ${expected} digits, found ${blocks.length}`);
    }
  }
  const { step, sealedAt, blockBytes, files } = value;
  return { step, sealedAt, blockBytes, files };
}

/** Blocks of a file of that size. */
export function blockCount(bytes: number, blockBytes: number): number {
  return Math.ceil(bytes / blockBytes);
}

/** A CRC-32 as the seal writes it. */
export function blockDigits(crc: number): string {
  return (crc >>> 0).toString(16).padStart(8, "0");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
