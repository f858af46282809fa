import { CheckpointError } from "../../core/error.js";
import { readTensorBytes, type TensorRange } from "../../formats/tensor-entry.js";
import { type OpenTensorFile, type ReadOptions, withTensorFile } from "./files/tensor-file.js";
import type { PointPart } from "./points/saved-point.js";
import type { TensorPart } from "./tensor-index.js";

interface Held {
  readonly file: OpenTensorFile;
  readonly release: () => void;
  readonly closed: Promise<void>;
  users: number;
}

const maximumOpen = 48;

/** Keeps the files open that were read last, so that many small reads open each file once. Close it when done. */
export class FilePool {
  readonly #options: ReadOptions;
  readonly #open = new Map<string, Promise<Held>>();

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  /** Bytes `from` to `to` of a piece's data. */
  async read({ file, entry }: TensorPart, range?: TensorRange): Promise<Uint8Array> {
    const held = await this.#hold(file);
    held.users += 1;
    try {
      return await readTensorBytes(held.file.source, entry, range);
    } finally {
      held.users -= 1;
      await this.#shrink(maximumOpen);
    }
  }

  async close(): Promise<void> {
    await this.#shrink(0);
  }

  async #hold(part: PointPart): Promise<Held> {
    const known = this.#open.get(part.path);
    this.#open.delete(part.path);
    const opening = known ?? openHeld(part, this.#options);
    this.#open.set(part.path, opening);
    try {
      return await opening;
    } catch (error) {
      this.#open.delete(part.path);
      throw error;
    }
  }

  async #shrink(limit: number): Promise<void> {
    for (const [path, opening] of this.#open) {
      if (this.#open.size <= limit) return;
      const held = await opening;
      if (held.users > 0) continue;
      this.#open.delete(path);
      held.release();
      await held.closed;
    }
  }
}

/** The header that is known is that of the file as it was opened: of another one it would give wrong values. */
function requireSame(part: PointPart, { version, bytes }: OpenTensorFile): void {
  if (part.version === version && part.bytes === bytes) return;
  const message = `file ${part.path}: expected it as it was when the checkpoint was opened, found it changed`;
  throw new CheckpointError("CHECKPOINT_CHANGED", message, {
    hint: "open it again: await openCheckpoint(…)",
    details: { path: part.path },
  });
}

function openHeld(part: PointPart, options: ReadOptions): Promise<Held> {
  return new Promise((opened, failed) => {
    const closed: Promise<void> = withTensorFile(part.path, { ...options, header: part.header }, (file) => {
      requireSame(part, file);
      return new Promise<void>((release) => {
        queueMicrotask(() => opened({ file, release, closed, users: 0 }));
      });
    });
    closed.catch(failed);
  });
}
