import { rm } from "node:fs/promises";
import { basename } from "node:path";
import type { MindRecordRow } from "../../formats/mindrecord/schema.js";
import type { FileRecord } from "../files/file-record.js";
import { manifestPath } from "../files/manifest.js";
import type { UnfinishedFile } from "../files/unfinished-file.js";
import type { TokenOutput, TokenSink } from "./token-sink.js";
import { MindRecordWriter, type WritingPlace } from "./writer.js";

/** The label that MindFormers leaves out of the loss (`ignore_token_id`). */
export const ignoredLabel = -100;

/** Rows of a shard that are written at a time; part of the layout, since it decides the numbers of pages. */
const batchRows = 16;

/**
 * Pre-training rows. With the columns `input_ids` and `labels`: the first and the last seqLength tokens of each
 * sequence of seqLength + 1, as the models of MindFormers 1.9 take them; padding tokens are ignored as labels. With
 * `input_ids` alone: the whole sequence, for its legacy models, which shift it themselves. Row i goes to shard i mod
 * shards.
 */
export class MindRecordTokens implements TokenSink {
  readonly #output: TokenOutput;
  readonly #writer: MindRecordWriter;
  readonly #waiting: MindRecordRow[][];
  #sequences = 0;

  private constructor(output: TokenOutput, writer: MindRecordWriter) {
    this.#output = output;
    this.#writer = writer;
    this.#waiting = Array.from({ length: output.shards }, () => []);
  }

  static async create(output: TokenOutput, place: WritingPlace = {}): Promise<MindRecordTokens> {
    const schema = Object.fromEntries(output.columns.map((name) => [name, { type: "int32" as const, shape: [-1] }]));
    const description = `sequences of ${output.seqLength} tokens`;
    const options = { output: output.prefix, schema, shards: output.shards, description };
    return new MindRecordTokens(output, await MindRecordWriter.create("prepareData", options, place));
  }

  get sequences(): number {
    return this.#sequences;
  }

  get tokens(): number {
    return this.#sequences * (this.#output.seqLength + 1);
  }

  async write(sequences: Int32Array): Promise<void> {
    const length = this.#output.seqLength + 1;
    for (let at = 0; at < sequences.length; at += length) {
      const shard = this.#sequences % this.#output.shards;
      this.#waiting[shard]?.push(this.#row(sequences.slice(at, at + length)));
      this.#sequences += 1;
      if (this.#waiting[shard]?.length === batchRows) await this.#flush(shard);
    }
  }

  #row(sequence: Int32Array): MindRecordRow {
    if (!this.#output.columns.includes("labels")) return { input_ids: sequence };
    const labels = sequence.slice(1);
    const { padId, eosId } = this.#output;
    if (padId !== undefined) {
      let end = sequence.length;
      while (end > 0 && sequence[end - 1] === padId) end -= 1;
      // Where the padding token ends texts as well, the first of the run may be the end of the text and is learned.
      labels.fill(ignoredLabel, Math.max(0, end - 1 + (padId === eosId ? 1 : 0)));
    }
    return { input_ids: sequence.slice(0, -1), labels };
  }

  async #flush(shard: number): Promise<void> {
    await this.#writer.append(shard, this.#waiting[shard] as MindRecordRow[]);
    this.#waiting[shard] = [];
  }

  async complete(): Promise<void> {
    for (const shard of this.#waiting.keys()) await this.#flush(shard);
    await this.#writer.complete();
  }

  /** The finished files, which have no names yet. */
  get files(): readonly UnfinishedFile[] {
    return this.#writer.files;
  }

  /** Gives the finished files their names and leaves everything else alone. */
  async publishFiles(): Promise<void> {
    await this.#writer.publish();
  }

  async publish(): Promise<Readonly<Record<string, FileRecord>>> {
    const { files } = this.#writer;
    const fingerprints: string[] = [];
    for (const file of files) fingerprints.push(await file.fingerprint());
    await rm(manifestPath(this.#output.prefix), { force: true });
    await this.#writer.publish();
    const records: Record<string, FileRecord> = {};
    for (const [i, file] of files.entries())
      records[basename(file.path)] = await file.record(fingerprints[i] as string);
    return records;
  }

  async discard(): Promise<void> {
    await this.#writer.discard();
  }
}
