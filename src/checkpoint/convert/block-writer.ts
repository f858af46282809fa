import type { FileHandle } from "node:fs/promises";
import { LabError } from "../../core/error.js";
import type { Run } from "./file-layout.js";

/** Bytes after which what was written goes to the disk while the next are made. */
const flushBytes = 64 * 1024 * 1024;

/** Writes blocks at their places, several at a time, and flushes them to the disk in the background. */
export class BlockWriter {
  readonly #handle: FileHandle;
  readonly #path: string;
  #flushing: Promise<void> | undefined;
  #sinceFlush = 0;

  /** `path`: for messages. */
  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  /** @throws LabError FILE_UNWRITABLE with the system's reason, such as a full disk. */
  async write(bytes: Uint8Array, places: readonly Run[]): Promise<void> {
    let done = 0;
    for (const [position, length] of places) {
      await this.#writeAt(bytes.subarray(done, done + length), position);
      done += length;
    }
    this.#sinceFlush += done;
    if (this.#sinceFlush >= flushBytes && this.#flushing === undefined) this.#flush();
  }

  /** Resolves when everything is on the disk. */
  async finish(): Promise<void> {
    await this.settle();
    try {
      await this.#handle.sync();
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Resolves when no operation of this writer is under way. */
  async settle(): Promise<void> {
    await this.#flushing;
  }

  #flush(): void {
    this.#sinceFlush = 0;
    // An error shows again at the end, when the whole file is synchronized.
    const flushing = this.#handle.datasync().catch(() => undefined);
    this.#flushing = flushing.then(() => {
      this.#flushing = undefined;
    });
  }

  async #writeAt(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.byteLength - done, position + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }
}

export function unwritable(path: string, error: unknown): LabError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  return new LabError("FILE_UNWRITABLE", `file ${path}: could not be written: ${code}`, {
    hint: "choose another folder",
    details: { path },
    cause: error,
  });
}
