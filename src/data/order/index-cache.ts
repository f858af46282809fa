import { join } from "node:path";
import { FileBytes } from "../../core/bytes.js";
import { writeFileAtomic } from "../../core/files.js";
import { type NpyShape, npyBytes, npyHeader } from "../../formats/npy.js";
import type { BuiltDataset, BuiltPart } from "../gpt-index/built-part.js";

/** Rows or numbers that are written or compared at a time. */
const blockNumbers = 256 * 1024;

/** One file as the engine would write it. */
export interface CacheFile {
  readonly path: string;
  readonly bytes: number;
  /** The content, block by block. */
  blocks(): Iterable<Uint8Array>;
}

/**
 * `same`: byte for byte what the engine would write now. `stale`: the name is right but the content is not, so the
 * engine would read wrong tokens.
 */
export type CacheState = "missing" | "same" | "stale";

/**
 * The files that GPTDataset and BlendedDataset would leave behind for a part. `<prefix>/cache/GPTDataset_indices`, or
 * the folder `path_to_cache`; a mix is only kept there. The descriptions come last: without them the engine ignores
 * the rest.
 */
export function cacheFiles(built: BuiltPart, pathToCache: string | undefined): CacheFile[] {
  const ofDatasets = built.datasets.flatMap((dataset) => {
    const folder = pathToCache ?? join(dataset.part.identity.prefix, "cache", "GPTDataset_indices");
    return datasetFiles(dataset, `${join(folder, dataset.description.md5)}-GPTDataset-${built.name}-`);
  });
  const { blend } = built;
  if (blend === undefined || pathToCache === undefined) return unique(ofDatasets);
  const start = `${join(pathToCache, blend.description.md5)}-BlendedDataset-${built.name}-`;
  return unique([
    ...ofDatasets,
    arrayFile(`${start}dataset_index.npy`, { type: "<i2", shape: [built.samples] }, () => plainBlocks(blend.dataset)),
    arrayFile(`${start}dataset_sample_index.npy`, { type: "<i8", shape: [built.samples] }, () =>
      wideBlocks([blend.sample]),
    ),
    textFile(`${start}description.txt`, blend.description.text),
  ]);
}

function datasetFiles({ indices, description }: BuiltDataset, start: string): CacheFile[] {
  const { documents, positions, offsets, shuffle } = indices;
  return [
    arrayFile(`${start}document_index.npy`, { type: "<i4", shape: [documents.length] }, () => plainBlocks(documents)),
    arrayFile(`${start}sample_index.npy`, { type: "<i8", shape: [positions.length, 2] }, () =>
      wideBlocks([positions, offsets]),
    ),
    arrayFile(`${start}shuffle_index.npy`, { type: "<u4", shape: [shuffle.length] }, () => plainBlocks(shuffle)),
    textFile(`${start}description.txt`, description.text),
  ];
}

/** The same dataset can stand in a blend twice, with the same request. */
function unique(files: readonly CacheFile[]): CacheFile[] {
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

function textFile(path: string, text: string): CacheFile {
  const content = new TextEncoder().encode(text);
  return { path, bytes: content.byteLength, blocks: () => [content] };
}

function arrayFile(path: string, array: NpyShape, data: () => Iterable<Uint8Array>): CacheFile {
  function* blocks(): Generator<Uint8Array> {
    yield npyHeader(array);
    yield* data();
  }
  return { path, bytes: npyBytes(array), blocks };
}

function* plainBlocks(values: Int32Array | Uint32Array | Int16Array): Generator<Uint8Array> {
  for (let start = 0; start < values.length; start += blockNumbers) {
    const part = values.subarray(start, start + blockNumbers);
    yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
}

/**
 * Columns as rows of 64-bit integers: the low word, then the sign. (An offset is −1 where a last sample ends in an
 * empty sequence.)
 */
function* wideBlocks(columns: readonly (Int32Array | Uint32Array)[]): Generator<Uint8Array> {
  const rows = (columns[0] as Uint32Array).length;
  const step = 2 * columns.length;
  for (let start = 0; start < rows; start += blockNumbers) {
    const count = Math.min(blockNumbers, rows - start);
    const words = new Uint32Array(count * step);
    columns.forEach((column, c) => {
      for (let i = 0; i < count; i++) {
        const value = column[start + i] as number;
        words[i * step + 2 * c] = value;
        if (value < 0) words[i * step + 2 * c + 1] = 0xffffffff;
      }
    });
    yield new Uint8Array(words.buffer);
  }
}

/** Compares a file on disk with what the engine would write. */
export async function cacheState(file: CacheFile): Promise<CacheState> {
  const found = await FileBytes.open(file.path).catch(() => undefined);
  if (found === undefined) return "missing";
  try {
    if (found.byteLength !== file.bytes) return "stale";
    let at = 0;
    for (const block of file.blocks()) {
      if (Buffer.compare(await found.slice(at, at + block.byteLength), block) !== 0) return "stale";
      at += block.byteLength;
    }
    return "same";
  } finally {
    await found.close();
  }
}

/** Writes the file unless it is there already with this very content; gives what was found. */
export async function writeCacheFile(file: CacheFile): Promise<CacheState> {
  const state = await cacheState(file);
  if (state !== "same") await writeFileAtomic(file.path, file.blocks());
  return state;
}
