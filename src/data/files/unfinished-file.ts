import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ByteSource } from "../../core/bytes.js";
import { LabError } from "../../core/error.js";
import { temporaryName } from "../../core/liveness/temporary-files.js";
import type { FileRecord } from "./file-record.js";

/**
 * A file that is written at any position under a temporary name, can be read meanwhile, and gets its own name at the
 * end.
 */
export class UnfinishedFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  #open = true;

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  /** `folder`: where it lies until it gets its name, on the same file system; default: beside it. */
  static async create(path: string, folder = dirname(path)): Promise<UnfinishedFile> {
    const temporary = temporaryName(join(folder, basename(path)));
    return new UnfinishedFile(path, temporary, await unlessUnwritable(path, () => open(temporary, "wx+")));
  }

  async write(data: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < data.byteLength) {
      const rest = data.byteLength - done;
      const { bytesWritten } = await unlessUnwritable(this.path, () =>
        this.#file.write(data, done, rest, position + done),
      );
      done += bytesWritten;
    }
  }

  /** The bytes written so far as a source. */
  async source(): Promise<ByteSource> {
    const { size } = await this.#file.stat();
    return {
      name: this.path,
      byteLength: size,
      slice: async (start, end) => {
        const bytes = new Uint8Array(end - start);
        let done = 0;
        while (done < bytes.byteLength) {
          const { bytesRead } = await this.#file.read(bytes, done, bytes.byteLength - done, start + done);
          if (bytesRead === 0) throw new RangeError(`${this.path}: bytes ${start} to ${end}`);
          done += bytesRead;
        }
        return bytes;
      },
    };
  }

  /** Makes sure that everything is on the disk. */
  async close(): Promise<void> {
    await unlessUnwritable(this.path, () => this.#file.sync());
    await this.#closeOnce();
  }

  /** Reads the closed file once more and gives its fingerprint. */
  async fingerprint(): Promise<string> {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(this.#temporary, { highWaterMark: 1024 * 1024 }))
      hash.update(chunk as Buffer);
    return hash.digest("hex");
  }

  /** Gives the closed file its name. */
  async publish(): Promise<void> {
    await unlessUnwritable(this.path, () => rename(this.#temporary, this.path));
  }

  /** The published file as it is now; `sha256` from before. */
  async record(sha256: string): Promise<FileRecord> {
    const { mtimeMs, size } = await stat(this.path);
    return { path: basename(this.path), bytes: size, modified: mtimeMs, sha256 };
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

async function unlessUnwritable<T>(path: string, act: () => Promise<T>): Promise<T> {
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
