import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { basename } from "node:path";
import { LabError } from "../core/error.js";
import { temporaryName } from "../core/files.js";
import { encodeMegatronIndex } from "../formats/megatron.js";
import { type FileRecord, manifestPath } from "./manifest.js";

/** Writes a dataset of int32 sequences of one length, one document each, under temporary names until it is published. */
export class MegatronWriter {
  readonly #prefix: string;
  readonly #length: number;
  readonly #bin: HashedFile;
  #idx: HashedFile | undefined;
  #tokens = 0;

  private constructor(prefix: string, length: number, bin: HashedFile) {
    this.#prefix = prefix;
    this.#length = length;
    this.#bin = bin;
  }

  /** `length`: tokens per sequence. */
  static async create(prefix: string, length: number): Promise<MegatronWriter> {
    return new MegatronWriter(prefix, length, await HashedFile.create(`${prefix}.bin`));
  }

  get sequences(): number {
    return this.#tokens / this.#length;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Takes whole sequences, back to back. */
  async write(sequences: Int32Array): Promise<void> {
    this.#tokens += sequences.length;
    await this.#bin.write(new Uint8Array(sequences.buffer, sequences.byteOffset, sequences.byteLength));
  }

  /** Writes the index and makes sure that both files are on the disk; nothing has its final name yet. */
  async complete(): Promise<void> {
    this.#idx = await HashedFile.create(`${this.#prefix}.idx`);
    const plan = {
      dtype: "int32" as const,
      sequences: this.sequences,
      documents: this.sequences,
      length: () => this.#length,
      documentEnd: (i: number) => i + 1,
    };
    for (const block of encodeMegatronIndex(plan)) await this.#idx.write(block);
    await this.#idx.close();
    await this.#bin.close();
  }

  /**
   * Gives the files their names. The old manifest and index go first: whoever comes in between finds no dataset rather than a wrong one.
   */
  async publish(): Promise<{ readonly bin: FileRecord; readonly idx: FileRecord }> {
    if (!this.#idx) throw new Error("publish before complete");
    await rm(manifestPath(this.#prefix), { force: true });
    await rm(this.#idx.path, { force: true });
    return { bin: await this.#bin.publish(), idx: await this.#idx.publish() };
  }

  /** Removes what has not been published. */
  async discard(): Promise<void> {
    await this.#bin.discard();
    await this.#idx?.discard();
  }
}

class HashedFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");
  #bytes = 0;
  #open = true;

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  static async create(path: string): Promise<HashedFile> {
    const temporary = temporaryName(path);
    return new HashedFile(path, temporary, await asUnwritable(path, () => open(temporary, "wx")));
  }

  async write(data: Uint8Array): Promise<void> {
    this.#hash.update(data);
    this.#bytes += data.byteLength;
    let done = 0;
    while (done < data.byteLength)
      done += (await asUnwritable(this.path, () => this.#file.write(data, done))).bytesWritten;
  }

  async close(): Promise<void> {
    await asUnwritable(this.path, () => this.#file.sync());
    await this.#closeOnce();
  }

  async publish(): Promise<FileRecord> {
    await asUnwritable(this.path, () => rename(this.#temporary, this.path));
    const { mtimeMs } = await stat(this.path);
    return { path: basename(this.path), bytes: this.#bytes, modified: mtimeMs, sha256: this.#hash.digest("hex") };
  }

  async discard(): Promise<void> {
    await this.#closeOnce();
    await rm(this.#temporary, { force: true });
  }

  async #closeOnce(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }
}

async function asUnwritable<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const found = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new LabError("FILE_UNWRITABLE", `file ${path}: could not be written: ${found}`, {
      hint: "free space on the disk or choose another folder as output",
      details: { path },
      cause,
    });
  }
}
