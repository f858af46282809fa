import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isLabError } from "../../core/error.js";
import type { RemoteNode } from "../nodes/remote-node.js";
import { runPaths } from "../record/layout.js";
import { readLease } from "../record/lease.js";

// Node 0 of a run over ssh holds a copy of the record, so that any machine that reaches it can go on from there. The
// files are only appended, and each has one writer: their sizes say what is missing.

const portionBytes = 256 * 1024;
const patterns = ["events/launch.jsonl", "events/supervisor-*.jsonl", "metrics/steps-*.bin"] as const;
const isRecord = (path: string) => /^(events\/(launch|supervisor-\d+)\.jsonl|metrics\/steps-\d+\.bin)$/.test(path);

async function localSizes(folder: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const place of ["events", "metrics"])
    for (const name of await readdir(join(folder, place)).catch((): string[] => [])) {
      const path = `${place}/${name}`;
      const found = isRecord(path) ? await stat(join(folder, path)).catch(() => undefined) : undefined;
      if (found) sizes.set(path, found.size);
    }
  return sizes;
}

async function remoteSizes(node: RemoteNode): Promise<Map<string, number>> {
  const lists = await Promise.all(patterns.map((pattern) => node.list(pattern)));
  return new Map(lists.flat().map(({ path, size }) => [path, size]));
}

/** Number of the newest events file of a run folder; 0 if there is none. */
export async function newestRecord(folder: string): Promise<number> {
  const names = await readdir(runPaths(folder).events).catch((): string[] => []);
  const numbers = names.map((name) => Number(/^supervisor-(\d+)\.jsonl$/.exec(name)?.[1] ?? 0));
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}

/** Takes over what node 0 has of the record beyond what this folder has. Only one process may do this at a time. */
export async function pullRecord(node: RemoteNode, folder: string): Promise<void> {
  const local = await localSizes(folder);
  for (const [path, size] of await remoteSizes(node)) {
    let at = local.get(path) ?? 0;
    if (at >= size) continue;
    const file = await open(join(folder, path), "a+");
    try {
      while (at < size) {
        const bytes = await node.read(path, { offset: at, length: Math.min(portionBytes, size - at) });
        if (!bytes || bytes.length === 0) break;
        await file.appendFile(bytes);
        at += bytes.length;
      }
    } finally {
      await file.close();
    }
  }
}

/** Copies the record to node 0 as it grows, for the supervisor that the node obeys. */
export class RecordCopy {
  readonly #node: RemoteNode;
  readonly #supervisor: string;
  readonly #folder: () => string;
  #sizes: Map<string, number> | undefined;
  /** The node works in this very folder. */
  #shared = false;

  constructor(node: RemoteNode, supervisor: string, folder: () => string) {
    this.#node = node;
    this.#supervisor = supervisor;
    this.#folder = folder;
  }

  /**
   * Copies what was added. False if the node obeys another supervisor by now; a node that can't be reached gets it at
   * the next call.
   */
  async push(): Promise<boolean> {
    try {
      const { supervisor } = (await this.#node.ask("lease")) as { readonly supervisor: string | null };
      if (supervisor !== null && supervisor !== this.#supervisor) return false;
      this.#sizes ??= await this.#begin();
      if (!this.#shared) for (const [path, size] of await localSizes(this.#folder())) await this.#pushFile(path, size);
      return true;
    } catch (error) {
      if (!isLabError(error)) throw error;
      return error.code !== "RUN_LEASE_LOST";
    }
  }

  /** Copies the rest, and tells the node that nobody supervises the run any more. */
  async finish(): Promise<void> {
    const nobody = { supervisor: null, expected: this.#supervisor };
    if (await this.push()) await this.#node.ask("take", nobody).catch(() => undefined);
    await this.#node.close();
  }

  async #begin(): Promise<Map<string, number>> {
    const own = await readLease(runPaths(this.#folder()).lease);
    const there = await this.#node.read(`lease/${own?.lease.number}`, { offset: 0, length: 4096 });
    const text = there && Buffer.from(there).toString();
    this.#shared = own !== undefined && text?.includes(`"since":"${own.lease.since}"`) === true;
    return remoteSizes(this.#node);
  }

  async #pushFile(path: string, size: number): Promise<void> {
    const sizes = this.#sizes as Map<string, number>;
    let offset = Math.min(sizes.get(path) ?? 0, size);
    if (offset === size) return;
    const file = await open(join(this.#folder(), path), "r");
    try {
      while (offset < size) {
        const bytes = Buffer.allocUnsafe(Math.min(portionBytes, size - offset));
        const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
        if (bytesRead === 0) break;
        const data = bytes.subarray(0, bytesRead).toString("base64");
        const reached = Number(await this.#node.ask("writeAt", { path, offset, data }));
        sizes.set(path, reached);
        // Less than before: somebody deleted the copy there, and the next call sends it anew.
        if (reached <= offset) break;
        offset = reached;
      }
    } finally {
      await file.close();
    }
  }
}
