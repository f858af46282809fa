import { stat } from "node:fs/promises";
import { type ByteSource, FileBytes } from "../../core/bytes.js";
import { formatCount } from "../../core/units.js";
import { headerBytes, type MegatronIndex, tokenBytes } from "../../formats/megatron.js";
import { datasetChanged } from "./dataset-changed.js";

/** Both files of a Megatron dataset. */
export interface MegatronSources {
  readonly idx: ByteSource;
  readonly bin: ByteSource;
}

/** What a Megatron dataset was when it was opened: where it lies and how long its files are. */
export interface MegatronFacts extends Pick<MegatronIndex, "sequences" | "documents" | "tokens" | "dtype"> {
  /** Absolute path without `.bin` and `.idx`. */
  readonly prefix: string;
}

/** The files of a Megatron dataset, open while they are used. Throws FILE_MISSING. */
export async function withMegatron<T>(prefix: string, use: (sources: MegatronSources) => Promise<T>): Promise<T> {
  const idx = await FileBytes.open(`${prefix}.idx`, "index");
  try {
    const bin = await FileBytes.open(`${prefix}.bin`, "dataset");
    try {
      return await use({ idx, bin });
    } finally {
      await bin.close();
    }
  } finally {
    await idx.close();
  }
}

/**
 * The same for a dataset that was opened earlier. Throws DATASET_CHANGED if files of other sizes have taken its place
 * since.
 */
export function withKnownMegatron<T>(
  dataset: MegatronFacts,
  use: (sources: MegatronSources) => Promise<T>,
): Promise<T> {
  const { prefix, sequences, documents, tokens, dtype } = dataset;
  const expected = { idx: headerBytes + 12 * sequences + 8 * (documents + 1), bin: tokens * tokenBytes(dtype) };
  return withMegatron(prefix, (sources) => {
    for (const part of ["idx", "bin"] as const) {
      const found = sources[part].byteLength;
      if (found !== expected[part])
        throw datasetChanged(
          prefix,
          `.${part} of ${formatCount(expected[part])} bytes, found ${formatCount(found)}`,
          `open it again: data = await openDataset(${JSON.stringify(prefix)})`,
        );
    }
    return use(sources);
  });
}

/** When the index was last written, in milliseconds; 0 if it is gone. */
export async function indexTime(prefix: string): Promise<number> {
  return (await stat(`${prefix}.idx`).catch(() => undefined))?.mtimeMs ?? 0;
}
