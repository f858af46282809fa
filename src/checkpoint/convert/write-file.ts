import { type FileHandle, mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { throwIfCancelled } from "../../core/cancel.js";
import { LabError } from "../../core/error.js";
import { ckptPieceBytes, ckptText, ckptValueHead } from "../../formats/mindspore-ckpt/write.js";
import { formatSafetensorsHeader } from "../../formats/safetensors/write.js";
import type { PartReader } from "../read/read-region.js";
import type { OutputFile, OutputTensor } from "./output-plan.js";

/** What was written: size of the file and CRC-32 of each tensor's data, in the order of the plan. */
export interface WrittenFile {
  readonly bytes: number;
  readonly checksums: readonly number[];
}

export interface WriteContext {
  readonly reader: PartReader;
  readonly signal: AbortSignal | undefined;
  /** Called with the bytes written since the last call. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Writes one file of tensors: temporary name, fsync, rename. The temporary name is fixed, so that a second attempt
 * replaces what a killed
 * one has left.
 * @throws LabError FILE_UNWRITABLE with the system's reason, such as a full disk.
 */
export async function writeTensorFile(path: string, file: OutputFile, context: WriteContext): Promise<WrittenFile> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.part`;
  const handle = await open(temporary, "w").catch((error: unknown) => {
    throw unwritable(path, error);
  });
  try {
    const out = new FileWriter(handle, path, context);
    const checksums = file.format === "safetensors" ? await writeSafetensors(out, file) : await writeCkpt(out, file);
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
    return { bytes: out.position, checksums };
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
}

class FileWriter {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly context: WriteContext;
  position = 0;

  constructor(handle: FileHandle, path: string, context: WriteContext) {
    this.#handle = handle;
    this.#path = path;
    this.context = context;
  }

  async write(bytes: Uint8Array): Promise<void> {
    throwIfCancelled(this.context.signal, "writing the checkpoint");
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.byteLength - done);
        done += bytesWritten;
      }
    } catch (error) {
      throw unwritable(this.#path, error);
    }
    this.position += bytes.byteLength;
    this.context.onBytes(bytes.byteLength);
  }
}

function unwritable(path: string, error: unknown): LabError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const hint =
    code === "ENOSPC" ? "free space on the disk and run the line again: it goes on" : "choose another folder";
  return new LabError("FILE_UNWRITABLE", `file ${path}: could not be written: ${code}`, {
    hint,
    details: { path },
    cause: error,
  });
}

async function writeSafetensors(out: FileWriter, file: OutputFile): Promise<number[]> {
  await out.write(formatSafetensorsHeader(file.tensors, file.metadata));
  const checksums: number[] = [];
  for (const tensor of file.tensors) checksums.push(await writeData(out, tensor));
  return checksums;
}

async function writeData(out: FileWriter, tensor: OutputTensor): Promise<number> {
  const { reader, signal } = out.context;
  let checksum = 0;
  let written = 0;
  for await (const block of tensor.blocks(reader, signal)) {
    await out.write(block);
    checksum = crc32(block, checksum);
    written += block.byteLength;
  }
  if (written !== tensor.bytes) {
    throw new RangeError(`tensor ${tensor.name}: expected ${tensor.bytes} bytes, made ${written}`);
  }
  return checksum;
}

async function writeCkpt(out: FileWriter, file: OutputFile): Promise<number[]> {
  for (const [name, text] of Object.entries(file.metadata)) await out.write(ckptText(name, text));
  const checksums: number[] = [];
  for (const tensor of file.tensors) checksums.push(await writePieces(out, tensor));
  return checksums;
}

/** A tensor as one value, or as several of at most 512 MiB. */
async function writePieces(out: FileWriter, tensor: OutputTensor): Promise<number> {
  const { reader, signal } = out.context;
  let checksum = 0;
  let left = 0;
  let rest = tensor.bytes;
  const begin = async () => {
    left = Math.min(rest, ckptPieceBytes);
    rest -= left;
    await out.write(ckptValueHead(tensor, left));
  };
  await begin();
  for await (const block of tensor.blocks(reader, signal)) {
    checksum = crc32(block, checksum);
    for (let at = 0; at < block.byteLength; ) {
      if (left === 0) await begin();
      const size = Math.min(left, block.byteLength - at);
      await out.write(block.subarray(at, at + size));
      at += size;
      left -= size;
    }
  }
  if (left + rest > 0)
    throw new RangeError(`tensor ${tensor.name}: expected ${tensor.bytes} bytes, ${left + rest} lack`);
  return checksum;
}
