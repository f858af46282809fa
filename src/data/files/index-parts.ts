import { FileBytes } from "../../core/bytes.js";
import {
  encodeMegatronHeader,
  headerBytes,
  readIndexEntry,
  type TokenType,
  tokenBytes,
} from "../../formats/megatron.js";
import type { Manifests } from "./derived-manifest.js";
import type { MegatronFacts } from "./megatron-files.js";
import { tokenArray } from "./token-blocks.js";

/** Documents `first` (inclusive) to `end` (exclusive) of a dataset. */
export interface DocumentRange {
  readonly dataset: MegatronFacts & Manifests;
  readonly first: number;
  readonly end: number;
}

/** A range of documents as sequences and bytes. */
export interface PartRange {
  readonly dataset: DocumentRange["dataset"];
  readonly idx: FileBytes;
  readonly firstDocument: number;
  readonly endDocument: number;
  readonly firstSequence: number;
  readonly endSequence: number;
  readonly byteStart: number;
  readonly byteEnd: number;
}

const blockEntries = 64 * 1024;

/** Parts of indices that make up a new one; the index files stay open until `close`. */
export class IndexParts {
  readonly ranges: readonly PartRange[];

  private constructor(ranges: readonly PartRange[]) {
    this.ranges = ranges;
  }

  static async open(ranges: readonly DocumentRange[]): Promise<IndexParts> {
    const opened: PartRange[] = [];
    try {
      for (const range of ranges) {
        const idx = await FileBytes.open(`${range.dataset.prefix}.idx`, "index");
        opened.push(
          await placeRange(range, idx).catch(async (error) => {
            await idx.close();
            throw error;
          }),
        );
      }
    } catch (error) {
      for (const { idx } of opened) await idx.close();
      throw error;
    }
    return new IndexParts(opened);
  }

  get datasets(): readonly DocumentRange["dataset"][] {
    return this.ranges.map(({ dataset }) => dataset);
  }

  get dtype(): TokenType {
    return this.ranges[0]?.dataset.dtype ?? "int32";
  }

  get sequences(): number {
    return this.ranges.reduce((sum, range) => sum + range.endSequence - range.firstSequence, 0);
  }

  get documents(): number {
    return this.ranges.reduce((sum, range) => sum + range.endDocument - range.firstDocument, 0);
  }

  async close(): Promise<void> {
    for (const { idx } of this.ranges) await idx.close();
  }
}

async function placeRange({ dataset, first, end }: DocumentRange, idx: FileBytes): Promise<PartRange> {
  const { sequences, dtype, tokens } = dataset;
  const documentStart = async (document: number) => {
    const at = headerBytes + 12 * sequences + 8 * document;
    return Number((tokenArray(await idx.slice(at, at + 8), "int64") as BigInt64Array)[0]);
  };
  const byteOf = async (sequence: number) =>
    sequence === sequences ? tokens * tokenBytes(dtype) : (await readIndexEntry(idx, dataset, sequence)).offset;
  const [firstSequence, endSequence] = [await documentStart(first), await documentStart(end)];
  return {
    dataset,
    idx,
    firstDocument: first,
    endDocument: end,
    firstSequence,
    endSequence,
    byteStart: await byteOf(firstSequence),
    byteEnd: await byteOf(endSequence),
  };
}

/** The new index, block by block: lengths as they are, byte offsets and document ends counted on. */
export async function* encodeIndexParts(parts: IndexParts): AsyncGenerator<Uint8Array> {
  yield encodeMegatronHeader(parts);
  for await (const lengths of lengthBlocks(parts)) yield bytesOf(lengths);
  const size = BigInt(tokenBytes(parts.dtype));
  let pointer = 0n;
  for await (const lengths of lengthBlocks(parts)) {
    const pointers = new BigInt64Array(lengths.length);
    for (let i = 0; i < lengths.length; i++) {
      pointers[i] = pointer;
      pointer += BigInt(lengths[i] as number) * size;
    }
    yield bytesOf(pointers);
  }
  yield bytesOf(BigInt64Array.of(0n));
  let before = 0n;
  for (const range of parts.ranges) {
    const { idx, dataset, firstDocument, endDocument, firstSequence, endSequence } = range;
    const at = headerBytes + 12 * dataset.sequences + 8;
    for (let start = firstDocument; start < endDocument; start += blockEntries) {
      const end = Math.min(endDocument, start + blockEntries);
      const ends = tokenArray(await idx.slice(at + 8 * start, at + 8 * end), "int64") as BigInt64Array;
      yield bytesOf(ends.map((value) => value - BigInt(firstSequence) + before));
    }
    before += BigInt(endSequence - firstSequence);
  }
}

async function* lengthBlocks({ ranges }: IndexParts): AsyncGenerator<Int32Array> {
  for (const { idx, firstSequence, endSequence } of ranges)
    for (let start = firstSequence; start < endSequence; start += blockEntries) {
      const end = Math.min(endSequence, start + blockEntries);
      yield tokenArray(await idx.slice(headerBytes + 4 * start, headerBytes + 4 * end), "int32") as Int32Array;
    }
}

function bytesOf(numbers: Int32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
