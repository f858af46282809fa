import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { throwIfCancelled } from "../../core/cancel.js";
import { makeFolder } from "../../core/files.js";
import type { PartReader } from "../read/read-region.js";
import { BlockWriter, unwritable } from "./block-writer.js";
import { type FileLayout, fileLayout, placesIn } from "./file-layout.js";
import type { OutputBlock, OutputFile } from "./output-plan.js";

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
  /** Reads the file again before it gets its name, while the disk still writes. */
  readonly prove: (path: string, written: WrittenFile) => Promise<void>;
}

/**
 * Writes one file of tensors: temporary name, fsync, proof, rename. The temporary name is fixed, so that a second
 * attempt replaces what a killed one has left.
 * @throws LabError FILE_UNWRITABLE with the system's reason, such as a full disk.
 */
export async function writeTensorFile(path: string, file: OutputFile, context: WriteContext): Promise<WrittenFile> {
  const temporary = join(dirname(path), `.part-${basename(path)}`);
  const layout = fileLayout(file);
  const handle = await makeFolder(dirname(path))
    .then(() => open(temporary, "w"))
    .catch((error: unknown) => {
      throw unwritable(path, error);
    });
  const out = new BlockWriter(handle, path);
  try {
    for (const { position, bytes } of layout.heads) await out.write(bytes, [[position, bytes.byteLength]]);
    const checksums = await writeData(out, { file, layout }, context);
    const written = { bytes: layout.byteLength, checksums };
    const proof = context.prove(temporary, written);
    await Promise.all([proof, out.finish()]).catch(async (error: unknown) => {
      await proof.catch(() => undefined);
      throw error;
    });
    await handle.close();
    await rename(temporary, path);
    return written;
  } catch (error) {
    await out.settle();
    await handle.close().catch(() => undefined);
    // On a full disk the space is needed; a second attempt begins this file again anyway.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Blocks that are read ahead, and as many that are being written. */
const ahead = 2;

interface Job {
  readonly tensor: number;
  readonly block: OutputBlock;
}

interface Made extends Job {
  readonly bytes: Uint8Array;
  readonly memory: Uint8Array;
}

/**
 * The data of all tensors, block by block: while one block is checksummed, others are read and written. Memory is
 * used again and again.
 */
async function writeData(
  out: BlockWriter,
  { file, layout }: { readonly file: OutputFile; readonly layout: FileLayout },
  { reader, signal, onBytes }: WriteContext,
): Promise<number[]> {
  const sums = file.tensors.map(() => ({ written: 0, checksum: 0 }));
  const free: Uint8Array[] = [];
  const jobs = jobsOf(file);
  const making: Promise<Made>[] = [];
  const writing: Promise<void>[] = [];
  const make = async ({ tensor, block }: Job): Promise<Made> => {
    const known = free.pop();
    // Twice the block: slices of other dimensions than the first are read beside the place where they are put together.
    const memory = known && known.byteLength >= block.bytes ? known : new Uint8Array(new ArrayBuffer(2 * block.bytes));
    return { tensor, block, memory, bytes: await block.make(reader, memory) };
  };
  const write = async ({ tensor, bytes, memory }: Made): Promise<void> => {
    const sum = sums[tensor] as (typeof sums)[number];
    const places = placesIn(layout.runs[tensor] ?? [], sum.written, bytes.byteLength);
    sum.written += bytes.byteLength;
    sum.checksum = crc32(bytes, sum.checksum);
    await out.write(bytes, places);
    free.push(memory);
    onBytes(bytes.byteLength);
  };
  try {
    for (;;) {
      throwIfCancelled(signal, "writing the checkpoint");
      while (making.length < ahead) {
        const job = jobs.next().value;
        if (job === undefined) break;
        making.push(handled(make(job)));
      }
      const made = await making.shift();
      if (made === undefined) break;
      if (writing.length >= ahead) await writing.shift();
      writing.push(handled(write(made)));
    }
    await Promise.all(writing);
  } finally {
    // Nothing may read into or write from this memory any more.
    await Promise.allSettled([...making, ...writing]);
  }
  return sums.map(({ written, checksum }, index) => {
    const { name, bytes } = file.tensors[index] as OutputFile["tensors"][number];
    if (written !== bytes) throw new RangeError(`tensor ${name}: expected ${bytes} bytes, made ${written}`);
    return checksum;
  });
}

function* jobsOf({ tensors }: OutputFile): Generator<Job, undefined> {
  for (const [tensor, { blocks }] of tensors.entries()) {
    for (const block of blocks()) yield { tensor, block };
  }
}

/** A failure is thrown where the promise is awaited; until then it must not count as unhandled. */
function handled<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined);
  return promise;
}
