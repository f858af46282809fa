import { throwIfCancelled } from "../../core/cancel.js";
import { FilePool } from "./file-pool.js";
import type { FileAccess } from "./files/file-access.js";
import { type IterationMetadata, readIterationMetadata } from "./files/metadata-json.js";
import { type OpenTensorFile, type TensorHeader, withTensorFile } from "./files/tensor-file.js";
import type { PointPart, SavedPoint } from "./points/saved-point.js";
import { type GlobalTensor, type IndexedFile, indexTensors, type PlaceOf } from "./tensor-index.js";

export interface StoredPointOptions {
  readonly files: FileAccess;
  readonly key: string | Uint8Array | undefined;
  /** Places of slices by a strategy, for the layout of rank folders. */
  readonly placeOf?: PlaceOf | undefined;
  /** The strategy that gave them, as `openCheckpoint` takes it. */
  readonly strategy?: string | undefined;
}

/** One saved point and how to read it: what the verbs of a checkpoint work on. */
export class StoredPoint {
  readonly point: SavedPoint;
  readonly options: StoredPointOptions;
  #index: Promise<ReadonlyMap<string, GlobalTensor>> | undefined;
  #metadata: Promise<IterationMetadata | undefined> | undefined;

  constructor(point: SavedPoint, options: StoredPointOptions) {
    this.point = point;
    this.options = options;
  }

  /** Files whose header is valid. */
  readable(): readonly PointPart[] {
    return this.point.parts.filter(({ problem }) => problem === undefined);
  }

  /** Opens a file of the point for the time of `use`. */
  withFile<Result>(part: PointPart, use: (file: OpenTensorFile) => Promise<Result>): Promise<Result> {
    return withTensorFile(part.path, { ...this.options, header: part.header }, use);
  }

  /** A pool of the point's files; the caller closes it. */
  pool(): FilePool {
    return new FilePool(this.options);
  }

  async withPool<Result>(use: (pool: FilePool) => Promise<Result>): Promise<Result> {
    const pool = this.pool();
    try {
      return await use(pool);
    } finally {
      await pool.close();
    }
  }

  /** All tensors by name, with the files that hold them; made once. */
  index(signal?: AbortSignal): Promise<ReadonlyMap<string, GlobalTensor>> {
    this.#index ??= this.#build(signal).catch((error: unknown) => {
      this.#index = undefined;
      throw error;
    });
    return this.#index;
  }

  /**
   * What `metadata.json` says; undefined if there is none.
   * @throws CheckpointError CHECKPOINT_INDEX_INVALID if it is damaged.
   */
  metadata(): Promise<IterationMetadata | undefined> {
    const { metadataPath } = this.point;
    this.#metadata ??= (async () =>
      metadataPath === undefined ? undefined : readIterationMetadata(this.options.files, metadataPath))();
    return this.#metadata;
  }

  async #build(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, GlobalTensor>> {
    const { layout } = this.point;
    const { placeOf } = this.options;
    const metadata = await this.metadata();
    const indexed: IndexedFile[] = [];
    for (const part of this.readable()) {
      throwIfCancelled(signal, "reading the tensors");
      indexed.push({ part, header: part.header ?? (await this.#header(part)) });
    }
    // A single rank needs no metadata.json: its tensors are whole.
    const alone = metadata === undefined && new Set(this.point.parts.map(({ rank }) => rank)).size === 1;
    const whole = (layout !== "ranks" && layout !== "iteration") || (alone && placeOf === undefined);
    return indexTensors(indexed, { metadata, placeOf, whole });
  }

  #header(part: PointPart): Promise<TensorHeader> {
    return this.withFile(part, async ({ header }) => header);
  }
}
