import type { ByteSource } from "../../../core/bytes.js";
import { throwIfCancelled } from "../../../core/cancel.js";
import type { TensorEntry } from "../../../formats/tensor-entry.js";
import type { OpenTensorFile } from "./tensor-file.js";

/** Bytes of one tensor, beginning at byte `at` of its data. Whole elements; valid until the visitor returns. */
export type VisitTensor = (entry: TensorEntry, bytes: Uint8Array, at: number) => void;

export interface StreamOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes that were read since the last call. */
  readonly onBytes?: (bytes: number) => void;
}

/** Bytes of one read; a multiple of every element's size. */
const chunkBytes = 4 * 1024 * 1024;
/** Tensors of at least this size are read by themselves, so that their elements are aligned in memory. */
const largeTensor = 256 * 1024;

interface Piece {
  readonly entry: TensorEntry;
  readonly start: number;
  readonly bytes: number;
  /** Position in the tensor's data. */
  readonly at: number;
}

interface Read {
  readonly start: number;
  end: number;
  readonly pieces: Piece[];
}

/** Reads the data of a file's tensors from front to back in large reads, one ahead of the visitor. */
export async function streamTensors(
  { source, header }: OpenTensorFile,
  visit: VisitTensor,
  { signal, onBytes }: StreamOptions = {},
): Promise<void> {
  const reads = planReads(header.tensors);
  const buffers = [new ArrayBuffer(0), new ArrayBuffer(0)];
  const read = (index: number): Promise<Uint8Array> | undefined => {
    const { start, end } = reads[index] ?? { start: 0, end: 0 };
    if (index >= reads.length) return undefined;
    const slot = index % 2;
    if ((buffers[slot]?.byteLength ?? 0) < end - start) buffers[slot] = new ArrayBuffer(end - start);
    return readRange(source, start, new Uint8Array(buffers[slot] as ArrayBuffer, 0, end - start));
  };
  let ahead = read(0);
  for (let index = 0; index < reads.length; index++) {
    const bytes = (await ahead) as Uint8Array;
    throwIfCancelled(signal, "reading the checkpoint");
    ahead = read(index + 1);
    // A failure is thrown when this read is awaited; until then it must not count as unhandled.
    ahead?.catch(() => undefined);
    const { start, pieces } = reads[index] as Read;
    for (const piece of pieces) {
      visit(piece.entry, bytes.subarray(piece.start - start, piece.start - start + piece.bytes), piece.at);
    }
    onBytes?.(bytes.byteLength);
  }
}

async function readRange(source: ByteSource, start: number, target: Uint8Array): Promise<Uint8Array> {
  if (source.readInto) {
    await source.readInto(target, start);
    return target;
  }
  return source.slice(start, start + target.byteLength);
}

function planReads(entries: readonly TensorEntry[]): Read[] {
  const pieces: Piece[] = [];
  for (const entry of entries) {
    let at = 0;
    for (const [start, bytes] of entry.pieces ?? [[entry.start, entry.bytes]]) {
      for (let done = 0; done < bytes; done += chunkBytes) {
        const size = Math.min(chunkBytes, bytes - done);
        pieces.push({ entry, start: start + done, bytes: size, at: at + done });
      }
      at += bytes;
    }
    if (entry.bytes === 0) pieces.push({ entry, start: entry.start, bytes: 0, at: 0 });
  }
  pieces.sort((a, b) => a.start - b.start);
  const reads: Read[] = [];
  for (const piece of pieces) {
    const last = reads.at(-1);
    const end = piece.start + piece.bytes;
    const alone = piece.entry.bytes >= largeTensor || (last?.pieces[0]?.entry.bytes ?? 0) >= largeTensor;
    if (last !== undefined && !alone && end - last.start <= chunkBytes) {
      last.end = Math.max(last.end, end);
      last.pieces.push(piece);
    } else reads.push({ start: piece.start, end, pieces: [piece] });
  }
  return reads;
}
