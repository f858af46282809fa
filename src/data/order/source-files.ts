import { resolve } from "node:path";
import { FileBytes } from "../../core/bytes.js";
import {
  decodeTokens,
  readIndexEntry,
  readMegatronLengths,
  type TokenType,
  tokenBytes,
} from "../../formats/megatron.js";
import { datasetChanged } from "../files/dataset-changed.js";
import type { Manifests } from "../files/derived-manifest.js";
import { indexTime, withMegatron } from "../files/megatron-files.js";
import { readManifests } from "../files/read-manifests.js";
import type { CountedDataset } from "../gpt-index/part-size.js";
import { type OpenTokenizer, openTokenizer } from "../tokenize/tokenizer.js";
import type { Stretch } from "./sample-place.js";

/** The lengths as `sizePart` wants them. */
export function countedLengths({ lengths }: Pick<SourceFiles, "lengths">): CountedDataset {
  return {
    sequences: lengths.length,
    tokens(begin, end) {
      let sum = 0;
      for (let i = begin; i < end; i++) sum += lengths[i] as number;
      return sum;
    },
  };
}

/** The files of one dataset as the data order needs them: the lengths in memory, tokens read on demand. */
export class SourceFiles {
  /** As it stands in data_path. */
  readonly prefix: string;
  readonly lengths: Int32Array;
  readonly dtype: TokenType;
  readonly #path: string;
  readonly #indexTime: number;
  #tokenizer: Promise<OpenTokenizer | undefined> | undefined;

  private constructor(
    prefix: string,
    path: string,
    found: { readonly lengths: Int32Array; readonly dtype: TokenType; readonly written: number },
  ) {
    this.prefix = prefix;
    this.#path = path;
    this.lengths = found.lengths;
    this.dtype = found.dtype;
    this.#indexTime = found.written;
  }

  /** Throws FILE_MISSING or MEGATRON_INDEX_INVALID. Memory: 4 bytes per sequence. */
  static async open(prefix: string): Promise<SourceFiles> {
    const path = resolve(prefix);
    const idx = await FileBytes.open(`${path}.idx`, "index");
    try {
      const written = await indexTime(path);
      return new SourceFiles(prefix, path, { ...(await readMegatronLengths(idx)), written });
    } finally {
      await idx.close();
    }
  }

  /** The ids of each stretch. Throws DATASET_CHANGED if the index was written anew since `open`. */
  async read(stretches: readonly Stretch[]): Promise<number[][]> {
    if ((await indexTime(this.#path)) !== this.#indexTime)
      throw datasetChanged(
        this.prefix,
        "found an .idx that was written later",
        "plan again, with the dataset as it is now: plan = await planRun(config, { data })",
      );
    return withMegatron(this.#path, async ({ idx, bin }) => {
      const size = tokenBytes(this.dtype);
      const ids: number[][] = [];
      for (const { sequence, from, tokens } of stretches) {
        const { offset } = await readIndexEntry(idx, { sequences: this.lengths.length }, sequence);
        const start = offset + from * size;
        ids.push(decodeTokens(await bin.slice(start, start + tokens * size), this.dtype));
      }
      return ids;
    });
  }

  /** The text of ids; undefined without a manifest, or if the tokenizer that it names is gone or another one. */
  async decode(ids: readonly number[]): Promise<string | undefined> {
    this.#tokenizer ??= this.#openTokenizer();
    return (await this.#tokenizer)?.decode(ids);
  }

  async #openTokenizer(): Promise<OpenTokenizer | undefined> {
    const { manifest, derived } = await readManifests(this.#path).catch((): Manifests => ({}));
    const named = (manifest ?? derived)?.tokenizer;
    const tokenizer = named && (await openTokenizer(named.path).catch(() => undefined));
    return tokenizer?.sha256 === named?.sha256 ? tokenizer : undefined;
  }
}
