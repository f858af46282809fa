import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../core/files.js";
import type { SavedPoint } from "../read/points/saved-point.js";
import type { TensorStatistics } from "./statistics.js";

/**
 * Statistics stored beside a checkpoint: a line with the SHA-256 of the rest, then JSON by tensor name. The file's
 * name holds a digest of paths, sizes, and times of the checkpoint's files, so that statistics of other bytes are
 * never found.
 */
export class StatisticsFile {
  readonly #path: string | undefined;
  #known: Promise<Map<string, TensorStatistics>> | undefined;

  constructor(folder: string | undefined, { parts }: SavedPoint) {
    const hash = createHash("sha256");
    for (const { path, bytes, savedAt } of parts) hash.update(JSON.stringify([path, bytes, savedAt.getTime()]));
    const name = `${hash.digest("hex").slice(0, 16)}.json`;
    this.#path = folder === undefined ? undefined : join(folder, "statistics", name);
  }

  async get(name: string): Promise<TensorStatistics | undefined> {
    this.#known ??= readStored(this.#path);
    return (await this.#known).get(name);
  }

  /** Adds and stores; a folder that can't be written keeps them in memory only. */
  async add(found: readonly TensorStatistics[]): Promise<void> {
    this.#known ??= readStored(this.#path);
    const known = await this.#known;
    for (const each of found) known.set(each.name, each);
    if (this.#path === undefined) return;
    const body = JSON.stringify(Object.fromEntries(known));
    await writeFileAtomic(this.#path, `${digest(body)}\n${body}`).catch(() => undefined);
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Empty if there is no file, or a damaged one. */
async function readStored(path: string | undefined): Promise<Map<string, TensorStatistics>> {
  const text = path === undefined ? "" : await readFile(path, "utf8").catch(() => "");
  const line = text.indexOf("\n");
  const body = text.slice(line + 1);
  if (line < 0 || digest(body) !== text.slice(0, line)) return new Map();
  return new Map(Object.entries(JSON.parse(body) as Record<string, TensorStatistics>));
}
