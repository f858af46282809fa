import type { ByteSource } from "../../../core/bytes.js";
import { readSafetensorsHeader } from "../../../formats/safetensors/header.js";
import type { NodeFile, RunNode } from "../node.js";

/** The part of a node that reads its files. */
export type FileAccess = Pick<RunNode, "list" | "read" | "name">;

export interface SavedFile {
  readonly rank: number;
  /** Relative to the run folder. */
  readonly path: string;
  readonly bytes: number;
}

/** The files of one checkpoint as they are on disk. */
export interface SavedFiles {
  /** True if every expected rank has a file that is as long as its header says. */
  readonly complete: boolean;
  /** What is wrong, one line a rank. */
  readonly problems: readonly string[];
  readonly files: readonly SavedFile[];
}

const mostBytes = 1 << 20;

function nodeBytes(node: FileAccess, { path, size }: NodeFile): ByteSource {
  return {
    name: path,
    byteLength: size,
    async slice(start, end) {
      const parts: Uint8Array[] = [];
      for (let at = start; at < end; at += mostBytes) {
        const part = await node.read(path, { offset: at, length: Math.min(mostBytes, end - at) });
        if (!part || part.length === 0) throw new RangeError(`${path}: no bytes at ${at}`);
        parts.push(part);
      }
      return Buffer.concat(parts);
    },
  };
}

/** Undefined for a whole file: the header is read, and it checks that the data ends where the file ends. */
export async function problemOf(node: FileAccess, file: NodeFile): Promise<string | undefined> {
  return readSafetensorsHeader(nodeBytes(node, file)).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
