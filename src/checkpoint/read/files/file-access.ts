import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ByteSource } from "../../../core/bytes.js";
import { isLabError, LabError } from "../../../core/error.js";
import { HttpBytes } from "../../../core/http-bytes.js";

/** A file that is open for reading. */
export interface OpenFile extends ByteSource {
  readonly savedAt: Date;
  /** Differs when the file was changed or replaced; undefined if unknown. */
  readonly version?: string | undefined;
  close(): Promise<void>;
}

/**
 * Access to the files of a checkpoint: on this machine, by HTTP, or over a connection of the caller.
 */
export interface FileAccess {
  /** Names in a folder; undefined if there is no such folder, or folders can't be listed. */
  list(folder: string): Promise<readonly string[] | undefined>;
  /** What the path names. */
  kind(path: string): Promise<"file" | "folder" | "nothing">;
  /** @throws FILE_MISSING if there is no such file. */
  open(path: string): Promise<OpenFile>;
  join(folder: string, name: string): string;
}

/** Files are mostly read from their beginning; that much is read at once when one is opened. */
const headBytes = 32 * 1024;

export const localFiles: FileAccess = {
  list: (folder) => readdir(folder).catch(() => undefined),
  async kind(path) {
    const found = await stat(path).catch(() => undefined);
    return found === undefined ? "nothing" : found.isDirectory() ? "folder" : "file";
  },
  open: openLocal,
  join,
};

async function openLocal(path: string): Promise<OpenFile> {
  // Opening a pipe would wait for its writer.
  const kind = await stat(path).catch((error: unknown) => {
    throw missing(path, error);
  });
  if (!kind.isFile()) throw missing(path, undefined, kind.isDirectory() ? "a folder" : "a device or pipe");
  const file = await open(path, "r").catch((error: unknown) => {
    throw missing(path, error);
  });
  const found = await file.stat();
  const byteLength = found.size;
  const read = async (data: Uint8Array, start: number) => {
    for (let done = 0; done < data.byteLength; ) {
      const { bytesRead } = await file.read(data, done, data.byteLength - done, start + done);
      if (bytesRead === 0) throw new RangeError(`${path}: bytes ${start} on, file ends at ${start + done}`);
      done += bytesRead;
    }
    return data;
  };
  let head: Uint8Array | undefined;
  return {
    name: path,
    byteLength,
    savedAt: found.mtime,
    version: `${found.ino}/${found.size}/${found.mtimeMs}`,
    async slice(start, end) {
      if (start < 0 || end < start || end > byteLength) throw new RangeError(`${path}: bytes ${start} to ${end}`);
      if (end > headBytes) return read(new Uint8Array(new ArrayBuffer(end - start)), start);
      head ??= await read(new Uint8Array(Math.min(byteLength, headBytes)), 0);
      return head.slice(start, end);
    },
    async readInto(target, start) {
      await read(target, start);
    },
    close: () => file.close(),
  };
}

function missing(path: string, cause: unknown, instead = "something else"): LabError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const found = code === undefined ? instead : code === "ENOENT" ? "nothing" : String(code);
  return new LabError("FILE_MISSING", `checkpoint file ${path}: expected a file, found ${found}`, {
    hint: `check the path; relative paths start at ${process.cwd()}`,
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Files below a URL; folders can't be listed, so their files are found by the usual names. */
export const httpFiles: FileAccess = {
  list: async () => undefined,
  async kind(path) {
    try {
      await HttpBytes.open(path);
      return "file";
    } catch (error) {
      // Object stores answer 403 for a name that does not exist; of a folder a server may send any page.
      const status = isLabError(error) ? error.details.status : undefined;
      const isAbsent = status === 404 || status === 403 || status === 410;
      if (typeof status !== "number" || (/\.(safetensors|ckpt|json)$/.test(path) && !isAbsent)) throw error;
      return "nothing";
    }
  },
  open: (path) => HttpBytes.open(path),
  join: (folder, name) => `${folder.replace(/\/+$/, "")}/${encodeURIComponent(name)}`,
};

/** Whole text of a small file, or undefined if there is none. */
export async function readSmallText(files: FileAccess, path: string, limit: number): Promise<string | undefined> {
  if ((await files.kind(path)) !== "file") return undefined;
  const file = await files.open(path);
  try {
    if (file.byteLength > limit) {
      throw new RangeError(`${path}: expected at most ${limit} bytes, found ${file.byteLength}`);
    }
    return Buffer.from(await file.slice(0, file.byteLength)).toString("utf8");
  } finally {
    await file.close();
  }
}
