import { type FileHandle, open } from "node:fs/promises";
import { requireFile } from "./files.js";

/** Random access to bytes that need not be in memory; the readers of `formats/` take it. */
export interface ByteSource {
  /** Path of the file, or what the bytes are; messages show it. */
  readonly name: string;
  readonly byteLength: number;
  /** Exactly the bytes from `start` (inclusive) to `end` (exclusive); rejects if they are not all there. */
  slice(start: number, end: number): Promise<Uint8Array>;
  /** Fills `target` with the bytes from `start` on, so that long scans allocate no memory for each part. */
  readInto?(target: Uint8Array, start: number): Promise<void>;
}

/** Bytes in memory as a source. */
export function memoryBytes(name: string, data: Uint8Array): ByteSource {
  return {
    name,
    byteLength: data.byteLength,
    async slice(start, end) {
      if (start < 0 || end < start || end > data.byteLength) throw new RangeError(`${name}: bytes ${start} to ${end}`);
      return data.subarray(start, end);
    },
  };
}

/** A file that stays open until `close`. */
export class FileBytes implements ByteSource {
  readonly name: string;
  readonly byteLength: number;
  readonly #file: FileHandle;

  private constructor(name: string, byteLength: number, file: FileHandle) {
    this.name = name;
    this.byteLength = byteLength;
    this.#file = file;
  }

  /** Throws FILE_MISSING if there is no such file; `what` names its part in the message. */
  static async open(path: string, what = "file"): Promise<FileBytes> {
    const size = await requireFile(path, what);
    return new FileBytes(path, size, await open(path, "r"));
  }

  async slice(start: number, end: number): Promise<Uint8Array> {
    const data = new Uint8Array(end - start);
    let done = 0;
    while (done < data.byteLength) {
      const { bytesRead } = await this.#file.read(data, done, data.byteLength - done, start + done);
      if (bytesRead === 0) throw new RangeError(`${this.name}: bytes ${start} to ${end}, file ends at ${start + done}`);
      done += bytesRead;
    }
    return data;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
