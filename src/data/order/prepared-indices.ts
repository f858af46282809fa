import { basename, dirname } from "node:path";
import { throwIfCancelled } from "../../core/cancel.js";
import { formatBytes, formatCount } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import { type CacheFile, type CacheState, cacheState, writeCacheFile } from "./index-cache.js";

/** One file of the engine's index cache. */
export interface IndexFile {
  readonly path: string;
  readonly bytes: number;
  /**
   * What was found: `same` as the engine would write it, `missing`, or `stale` (of another dataset under the same
   * name).
   */
  readonly found: CacheState;
  /** True if this call wrote it. */
  readonly written: boolean;
}

/**
 * The engine's index cache, compared or written; shows itself as a table.
 *
 * @example
 * const order = await (await openDataset("dataset/wiki")).order();
 * const { ready, files } = await order.checkIndices();
 */
export class PreparedIndices {
  readonly files: readonly IndexFile[];

  /** @internal Use order.prepareIndices or order.checkIndices. */
  constructor(files: readonly IndexFile[]) {
    this.files = files;
  }

  /** True if every file now is what the engine would write: it loads them and builds nothing. */
  get ready(): boolean {
    return this.files.every(({ found, written }) => written || found === "same");
  }

  [displayKey](): MimeBundle {
    const total = this.files.reduce((sum, { bytes }) => sum + bytes, 0);
    return tableBundle({
      title: `Index cache: ${formatCount(this.files.length)} files, ${formatBytes(total)}${
        this.ready ? ", as the engine would write it" : ""
      }`,
      columns: [{ key: "file" }, { key: "size", align: "right" }, { key: "state" }, { key: "folder" }],
      rows: this.files.map((file) => ({
        file: basename(file.path),
        size: formatBytes(file.bytes),
        state: stateText(file),
        folder: dirname(file.path),
      })),
      ...(this.ready ? {} : { note: "await order.prepareIndices() writes what is missing or stale" }),
    });
  }
}

function stateText({ found, written }: IndexFile): string {
  if (found === "same") return "unchanged";
  if (found === "stale") return written ? "replaced a stale one" : "stale: the engine would read wrong tokens";
  return written ? "written" : "missing";
}

/** Compares, and with `write` brings up to date, the files one after the other. */
export async function bringUpToDate(
  files: readonly CacheFile[],
  { write, signal }: { readonly write: boolean; readonly signal?: AbortSignal | undefined },
): Promise<PreparedIndices> {
  const done: IndexFile[] = [];
  for (const file of files) {
    throwIfCancelled(signal, "prepareIndices");
    const found = write ? await writeCacheFile(file) : await cacheState(file);
    done.push({ path: file.path, bytes: file.bytes, found, written: write && found !== "same" });
  }
  return new PreparedIndices(done);
}
