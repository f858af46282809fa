import type { ByteSource } from "../../../core/bytes.js";
import { CheckpointError, FormatError } from "../../../core/error.js";
import { decryptedCkpt, isEncryptedCkpt } from "../../../formats/mindspore-ckpt/decrypt.js";
import { readCkptHeader } from "../../../formats/mindspore-ckpt/header.js";
import { readSafetensorsHeader } from "../../../formats/safetensors/header.js";
import type { TensorEntry } from "../../../formats/tensor-entry.js";
import type { FileAccess } from "./file-access.js";

export type TensorFormat = "safetensors" | "ckpt";

/** What the header of a file says, whatever its format. */
export interface TensorHeader {
  readonly format: TensorFormat;
  /** `__metadata__` of safetensors; values of type `str` of a `.ckpt`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly TensorEntry[];
  /** CRC-32 that the file stores of its bytes before `dataEnd`; undefined if it stores none. */
  readonly crc?: number | undefined;
  readonly dataEnd: number;
}

/**
 * A file that is open: places of the header's tensors are positions in `source` (decrypted if the file is encrypted).
 */
export interface OpenTensorFile {
  readonly source: ByteSource;
  readonly header: TensorHeader;
  readonly savedAt: Date;
  readonly version: string | undefined;
  /** Bytes on disk. */
  readonly bytes: number;
}

export interface ReadOptions {
  readonly files: FileAccess;
  /** Of an encrypted `.ckpt`: 16, 24, or 32 bytes, as text or bytes. */
  readonly key?: string | Uint8Array | undefined;
}

/** Format by the file's name; undefined for a file that is neither. */
export function formatOfName(name: string): TensorFormat | undefined {
  if (name.endsWith(".safetensors")) return "safetensors";
  return name.endsWith(".ckpt") ? "ckpt" : undefined;
}

/**
 * Opens a file, reads its header unless the caller has it already, and closes the file when `use` is done.
 * @throws FormatError SAFETENSORS_INVALID or CKPT_INVALID; CheckpointError CKPT_KEY_WRONG without the key of an
 * encrypted file.
 */
export async function withTensorFile<Result>(
  path: string,
  { files, key, header }: ReadOptions & { readonly header?: TensorHeader | undefined },
  use: (file: OpenTensorFile) => Promise<Result>,
): Promise<Result> {
  const file = await files.open(path);
  try {
    const source = await plainSource(file, path, key);
    const found = header ?? (await readHeader(source, path));
    return await use({ source, header: found, savedAt: file.savedAt, version: file.version, bytes: file.byteLength });
  } finally {
    await file.close();
  }
}

async function plainSource(source: ByteSource, path: string, key: ReadOptions["key"]): Promise<ByteSource> {
  if (path.endsWith(".safetensors") || !(await isEncryptedCkpt(source))) return source;
  if (key !== undefined) return decryptedCkpt(source, key);
  const message = `${source.name}: encrypted checkpoint: expected its key, found none`;
  throw new CheckpointError("CKPT_KEY_WRONG", message, {
    hint: "openCheckpoint(path, { key }) with enc_key of save_checkpoint",
    details: { file: source.name },
  });
}

async function readHeader(source: ByteSource, path: string): Promise<TensorHeader> {
  await refuseOthers(source);
  const format = formatOfName(path) ?? (await guessFormat(source));
  if (format === "safetensors") {
    const { metadata, tensors } = await readSafetensorsHeader(source);
    return { format, metadata, tensors, dataEnd: source.byteLength };
  }
  const { metadata, tensors, crc, dataEnd } = await readCkptHeader(source);
  return { format, metadata, tensors, crc, dataEnd };
}

/** What stands in the place of a checkpoint when something went wrong before, by its first bytes. */
const others: readonly (readonly [begin: RegExp, found: string, hint: string])[] = [
  [/^version https:\/\/git-lfs/, "a pointer of Git LFS", "git lfs pull"],
  [/^\s*<(!doctype|html|\?xml)/i, "a web page", "download the file again; the server sent a page instead"],
  [/^PK[^ -~]{2}/, "a zip archive, as PyTorch saves", "save it as safetensors with PyTorch, then open that file"],
];

async function refuseOthers(source: ByteSource): Promise<void> {
  const begin = Buffer.from(await source.slice(0, Math.min(64, source.byteLength))).toString("latin1");
  const other = others.find(([pattern]) => pattern.test(begin));
  if (other === undefined) return;
  const [, found, hint] = other;
  const code = source.name.endsWith(".ckpt") ? "CKPT_INVALID" : "SAFETENSORS_INVALID";
  const message = `${source.name}: expected a .safetensors or .ckpt file, found ${found}`;
  throw new FormatError(code, message, { file: source.name, offset: 0, hint });
}

/** By the first bytes: a safetensors header begins with `{` behind its length, a `.ckpt` with the tag of field 1. */
async function guessFormat(source: ByteSource): Promise<TensorFormat> {
  const bytes = await source.slice(0, Math.min(16, source.byteLength));
  if (bytes[8] === 0x7b) return "safetensors";
  if (bytes[0] === 0x0a) return "ckpt";
  throw new FormatError("CKPT_INVALID", `${source.name}: expected a .safetensors or .ckpt file, found neither`, {
    file: source.name,
    offset: 0,
    hint: "pass a checkpoint file, its folder, or the run's folder",
  });
}
