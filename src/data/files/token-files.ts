import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { LabError } from "../../core/error.js";

/** Does something with a file that is written; failures become FILE_UNWRITABLE with the system's reason. */
export async function asUnwritable<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const found = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new LabError("FILE_UNWRITABLE", `file ${path}: could not be written: ${found}`, {
      hint: "free space on the disk or choose another folder as output; the next call continues where this one stopped",
      details: { path },
      cause,
    });
  }
}

/** A file that only grows. */
export class GrowingFile {
  readonly path: string;
  readonly #file: FileHandle;
  bytes: number;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.path = path;
    this.#file = file;
    this.bytes = bytes;
  }

  /** Opens the file and cuts it to `bytes`, which it must have at least. */
  static async open(path: string, bytes: number): Promise<GrowingFile> {
    const file = await asUnwritable(path, () => open(path, bytes === 0 ? "w+" : "r+"));
    await asUnwritable(path, () => file.truncate(bytes));
    return new GrowingFile(path, file, bytes);
  }

  async append(data: Uint8Array): Promise<void> {
    let done = 0;
    while (done < data.byteLength) {
      const { bytesWritten } = await asUnwritable(this.path, () =>
        this.#file.write(data, done, data.byteLength - done, this.bytes),
      );
      done += bytesWritten;
      this.bytes += bytesWritten;
    }
  }

  /** Makes sure that everything is on the disk, and closes the file. */
  async close(): Promise<void> {
    await asUnwritable(this.path, () => this.#file.sync());
    await this.#file.close();
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}

/** SHA-256 of as many whole units of `unit` bytes as have come: the rest may still be cut off. */
export class UnitHash {
  readonly #hash: Hash = createHash("sha256");
  readonly #unit: number;
  #rest = Buffer.alloc(0);
  /** Bytes in the hash. */
  bytes = 0;

  constructor(unit: number) {
    this.#unit = unit;
  }

  update(data: Uint8Array): void {
    const all = this.#rest.length + data.byteLength;
    const whole = all - (all % this.#unit);
    if (whole === 0) {
      this.#rest = Buffer.concat([this.#rest, data]);
      return;
    }
    const taken = whole - this.#rest.length;
    this.#hash.update(this.#rest).update(data.subarray(0, taken));
    this.#rest = Buffer.from(data.subarray(taken));
    this.bytes += whole;
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}

/** Checksum that the journal notes for each part. */
export function checksum(data: Uint8Array): number {
  return crc32(data);
}

/** Reads int32 numbers of a file in ascending order without holding it in memory. */
export class Int32File {
  readonly #descriptor: number;
  readonly #block = new Int32Array(64 * 1024);
  #first = 0;
  #count = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, "r");
  }

  at(i: number): number {
    if (i < this.#first || i >= this.#first + this.#count) {
      const bytes = readSync(this.#descriptor, this.#block, 0, this.#block.byteLength, i * 4);
      this.#first = i;
      this.#count = bytes >> 2;
    }
    return this.#block[i - this.#first] as number;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
