import { basename } from "node:path";
import { DataError } from "../../core/error.js";
import type { FileRecord } from "../files/file-record.js";
import type { DatasetManifest } from "../files/manifest.js";
import { shardPaths } from "../mindrecord/names.js";
import type { TokenOutput, TokenSink } from "../mindrecord/token-sink.js";
import { MindRecordTokens } from "../mindrecord/tokens.js";

/** Writes the damaged shards (data or index) again; the others are only counted. */
export class MindRecordRepair implements TokenSink {
  readonly #tokens: MindRecordTokens;
  readonly #manifest: DatasetManifest;
  readonly #damaged: readonly string[];
  readonly repaired: string[] = [];

  private constructor(tokens: MindRecordTokens, manifest: DatasetManifest, damaged: readonly string[]) {
    this.#tokens = tokens;
    this.#manifest = manifest;
    this.#damaged = damaged;
  }

  static async create(
    { folder, ...output }: TokenOutput & { readonly folder: string },
    manifest: DatasetManifest,
    damaged: readonly string[],
  ): Promise<MindRecordRepair> {
    const names = shardPaths(output.prefix, output.shards).map((path) => basename(path));
    const shards = damaged.map((name) => names.indexOf(name.replace(/\.db$/, "")));
    return new MindRecordRepair(
      await MindRecordTokens.create(output, { only: new Set(shards), folder }),
      manifest,
      damaged,
    );
  }

  get sequences(): number {
    return this.#tokens.sequences;
  }

  get tokens(): number {
    return this.#tokens.tokens;
  }

  write(sequences: Int32Array): Promise<void> {
    return this.#tokens.write(sequences);
  }

  /** Proves the new files before any of them takes the place of an old one. */
  async complete(): Promise<void> {
    await this.#tokens.complete();
    for (const file of this.#tokens.files) {
      const name = basename(file.path);
      const [expected, found] = [this.#manifest.files[name]?.sha256, await file.fingerprint()];
      if (found !== expected)
        throw new DataError(
          "REPAIR_IMPOSSIBLE",
          `shard ${name}: expected sha256 ${expected}, made again it has ${found}`,
          {
            hint: "run prepareData again: the software that made the dataset wrote other bytes",
          },
        );
    }
  }

  async publish(): Promise<Readonly<Record<string, FileRecord>>> {
    await this.#tokens.publishFiles();
    this.repaired.push(...this.#damaged.map((name) => `file ${name}`));
    return this.#manifest.files;
  }

  discard(): Promise<void> {
    return this.#tokens.discard();
  }
}
