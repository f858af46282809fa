import type { FileAccess, OpenFile } from "../../checkpoint/read/files/file-access.js";
import { LabError } from "../../core/error.js";
import type { RemoteNode } from "../nodes/remote-node.js";

/** A node answers at most this many bytes at once. */
const portionBytes = 512 * 1024;
/** Files are mostly read from their beginning; that much comes with the first question. */
const headBytes = 256 * 1024;
/** Portions of one read that are asked for at the same time. */
const parallelPortions = 4;
/** A connection that nobody uses ends after this time; the next question opens it again. */
const idleMs = 1000;

type Looked =
  | { readonly kind: "file"; readonly size: number; readonly changedAt: number }
  | { readonly kind: "folder"; readonly names: readonly string[] };

/** Reads `length` bytes from `offset` on. */
type ReadPortion = (offset: number, length: number) => Promise<Uint8Array>;

interface Found {
  readonly path: string;
  readonly size: number;
  readonly changedAt: number;
}

/** Opens a node when it is needed and closes it when nobody has asked for a while, so that a script can end. */
class NodeOnDemand {
  readonly #open: () => RemoteNode;
  #node: RemoteNode | undefined;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(open: () => RemoteNode) {
    this.#open = open;
  }

  async use<Result>(ask: (node: RemoteNode) => Promise<Result>): Promise<Result> {
    clearTimeout(this.#idle);
    this.#users += 1;
    this.#node ??= this.#open();
    try {
      return await ask(this.#node);
    } finally {
      this.#users -= 1;
      if (this.#users === 0) this.#idle = setTimeout(() => this.#close(), idleMs);
    }
  }

  #close(): void {
    void this.#node?.close();
    this.#node = undefined;
  }
}

/**
 * Files of another machine for `openCheckpoint`, over the connection of the nodes. Paths begin with `prefix`
 * (`ssh://host`), so that messages name the machine.
 */
export function nodeFiles(prefix: string, openNode: () => RemoteNode): FileAccess {
  const node = new NodeOnDemand(openNode);
  const pathOn = (path: string) => (path.startsWith(prefix) ? path.slice(prefix.length) : path);
  const look = (path: string) => node.use((on) => on.ask("look", { path: pathOn(path) })) as Promise<Looked | null>;
  return {
    async list(folder) {
      const found = await look(folder);
      return found?.kind === "folder" ? found.names : undefined;
    },
    async kind(path) {
      return (await look(path))?.kind ?? "nothing";
    },
    async open(path) {
      const found = await look(path);
      if (found?.kind === "file")
        return openFile({ path, ...found }, (offset, length) => portion(path, offset, length));
      const seen = found === null ? "nothing" : "a folder";
      throw new LabError("FILE_MISSING", `checkpoint file ${path}: expected a file, found ${seen}`, {
        hint: `ssh ${prefix.slice("ssh://".length)} ls ${pathOn(path).replace(/\/[^/]*$/, "/")}`,
        details: { path },
      });
    },
    join: (folder, name) => `${folder.replace(/\/+$/, "")}/${name}`,
  };

  async function portion(path: string, offset: number, length: number): Promise<Uint8Array> {
    const bytes = await node.use((on) => on.read(pathOn(path), { offset, length }));
    if (bytes?.byteLength === length) return bytes;
    const found = bytes === undefined ? "no file" : `${bytes.byteLength}`;
    throw new RangeError(`${path}: expected ${length} bytes from ${offset} on, found ${found}: the file changed`);
  }
}

function openFile({ path, size, changedAt }: Found, portion: ReadPortion): OpenFile {
  let head: Promise<Uint8Array> | undefined;
  return {
    name: path,
    byteLength: size,
    savedAt: new Date(changedAt),
    version: `${size}/${changedAt}`,
    async slice(start, end) {
      if (start < 0 || end < start || end > size) throw new RangeError(`${path}: bytes ${start} to ${end}`);
      if (end > headBytes) return readAll(start, end, portion);
      head ??= portion(0, Math.min(size, headBytes));
      return (await head).slice(start, end);
    },
    close: async () => undefined,
  };
}

async function readAll(start: number, end: number, portion: ReadPortion): Promise<Uint8Array> {
  const all = new Uint8Array(end - start);
  let next = start;
  const work = async () => {
    while (next < end) {
      const offset = next;
      next = Math.min(end, offset + portionBytes);
      all.set(await portion(offset, Math.min(end, offset + portionBytes) - offset), offset - start);
    }
  };
  await Promise.all(Array.from({ length: parallelPortions }, work));
  return all;
}
