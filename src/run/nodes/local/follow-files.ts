import { closeSync, type FSWatcher, fstatSync, openSync, readSync, watch } from "node:fs";
import { join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../core/clock.js";
import { fixedFolder, listFiles } from "../glob.js";
import type { FollowedLines, FollowRequest } from "../node.js";

/** Bytes read from one file at a time; a longer line is cut. */
const portionBytes = 1 << 20;
/** Bytes and milliseconds of one pass, after which the process gets to its other work, such as its sign of life. */
const [passBytes, passMs] = [1 << 23, 100];
/** Bytes read at once from a file that grew at the last look, too. */
const hotBytes = 1 << 16;
const hotBuffer = Buffer.allocUnsafeSlow(hotBytes);
/**
 * Milliseconds between two looks at files whose change nobody reported, as network file systems report nothing; more
 * with many files.
 */
const fullLookMs = 2000;
const fullLookMsPerFile = 8;
/** After so many milliseconds the looks become fewer: the beginning of a training is what somebody waits for. */
const eagerMs = 20_000;
/** How many times fewer; of files that grow all the time, as each look then finds several steps. */
const [calm, steady] = [2.5, 5];
/** Files that stay open between two looks. */
const mostOpen = 32;
/**
 * After so many looks in a row that found lines, all files are looked at in each pass and nobody has to report their
 * changes: at many lines a second the reports cost more than the looks. After as many looks that found nothing, the
 * reports are waited for again.
 */
const steadyLooks = 3;
/** Only so few files are looked at in each pass. */
const mostPolled = 16;

// The files are read without a thread: what was just written is in memory and takes 5 µs, and waking a thread of
// Node's for it takes up to 100 µs, which was half of what a supervisor costs.

/** Undefined if it can't be opened. */
function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}

/** Keeps the files open that grow all the time, the newest used ones. */
class OpenFiles {
  readonly #files = new Map<string, number>();

  /** Descriptor; undefined if there is no such file. */
  open(path: string): number | undefined {
    const kept = this.#files.get(path);
    this.#files.delete(path);
    const file = kept ?? tryOpen(path);
    if (file !== undefined) this.#files.set(path, file);
    for (const [oldest] of this.#files) {
      if (this.#files.size <= mostOpen) break;
      this.close(oldest);
    }
    return file;
  }

  close(path: string): void {
    const file = this.#files.get(path);
    this.#files.delete(path);
    if (file !== undefined) closeSync(file);
  }

  closeAll(): void {
    for (const path of [...this.#files.keys()]) this.close(path);
  }
}

/** Changes of files in some folders, as the operating system reports them. */
class Changes {
  readonly #dirty = new Set<string>();
  readonly #watchers = new Map<string, FSWatcher>();
  #wake: (() => void) | undefined;

  /** Watches a folder as soon as it exists. */
  add(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        if (name !== null) this.#dirty.add(join(folder, name));
        this.#wake?.();
      });
      watcher.on("error", () => watcher.close());
      this.#watchers.set(folder, watcher);
    } catch {
      // No such folder yet, or no watch left: the full look finds the files.
    }
  }

  take(): Set<string> {
    const taken = new Set(this.#dirty);
    this.#dirty.clear();
    return taken;
  }

  /** Resolves at the next change, after `ms`, or when the signal fires. */
  async next(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
    if (this.#dirty.size > 0) return;
    const stop = new AbortController();
    this.#wake = () => stop.abort();
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    await clock.wait(ms, either);
    this.#wake = undefined;
  }

  /** Stops watching; what was reported until now is kept. */
  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}

/** Whether the files grow all the time. */
class Pulse {
  #same = 0;
  isSteady = false;

  /** Takes what a look found; true if the answer has changed. */
  take(found: boolean): boolean {
    this.#same = found === this.isSteady ? 0 : this.#same + 1;
    if (this.#same < steadyLooks) return false;
    this.#same = 0;
    this.isSteady = found;
    return true;
  }
}

export interface FollowOptions {
  readonly clock: Clock;
  /** Milliseconds between two passes over files that change. */
  readonly paceMs: number;
}

/**
 * Follows files of this machine; see `RunNode.follow`. `place`: the folder that relative paths start from, which may
 * be renamed.
 */
export async function* followFiles(
  place: () => string,
  request: FollowRequest,
  { clock, paceMs }: FollowOptions,
): AsyncGenerator<readonly FollowedLines[]> {
  const offsets = new Map(Object.entries(request.from ?? {}));
  const changes = new Changes();
  const files = new OpenFiles();
  const pulse = new Pulse();
  const calmAt = clock.elapsed() + eagerMs;
  /** Files that grew at the last look. */
  let hot: ReadonlySet<string> = new Set();
  /** Files of which the last pass left something. */
  let rest: readonly string[] = [];
  let fullLookAt = Number.NEGATIVE_INFINITY;
  let known = new Map<string, { readonly path: string; readonly size: number }>();
  try {
    while (!request.signal?.aborted) {
      const root = place();
      const full = clock.elapsed() >= fullLookAt + Math.max(fullLookMs, fullLookMsPerFile * known.size);
      const dirty = changes.take();
      const unknown = [...dirty].some((path) => !known.has(path));
      if (full || unknown) {
        if (!pulse.isSteady) for (const pattern of request.patterns) changes.add(resolve(root, fixedFolder(pattern)));
        const found = (await Promise.all(request.patterns.map((pattern) => listFiles(root, pattern)))).flat();
        known = new Map(found.map((file) => [resolve(root, file.path), file]));
      }
      if (full) fullLookAt = clock.elapsed();
      const grown = [...known].flatMap(([place, { path, size }]) => (size === (offsets.get(path) ?? 0) ? [] : [place]));
      const polled = pulse.isSteady ? known.keys() : [];
      const looked = full || unknown ? new Set([...grown, ...dirty]) : new Set([...dirty, ...polled]);
      const wanted = new Set([...rest, ...[...looked].flatMap((place) => known.get(place)?.path ?? [])]);
      const until = clock.elapsed() + passMs;
      const isOver = (bytes: number) => bytes >= passBytes || clock.elapsed() > until;
      const { portions, left } = readAll(files, root, { wanted, offsets, full, hot, isOver });
      rest = left;
      hot = new Set(portions.map(({ path }) => path));
      if (portions.length > 0) yield portions;
      if (rest.length > 0) {
        await setImmediate();
        continue;
      }
      const turned = pulse.take(portions.length > 0 && known.size <= mostPolled);
      // What happens before the files are watched again is seen by a full look after that.
      if (turned && !pulse.isSteady) fullLookAt = Number.NEGATIVE_INFINITY;
      if (pulse.isSteady) changes.close();
      const [whileSteady, usual] = clock.elapsed() < calmAt ? [calm, 1] : [steady, calm];
      const pace = paceMs * (pulse.isSteady ? whileSteady : usual);
      await clock.wait(pace, request.signal);
      if (!pulse.isSteady && !turned) await changes.next(clock, fullLookMs - pace, request.signal);
    }
  } finally {
    changes.close();
    files.closeAll();
  }
}

function readAll(
  files: OpenFiles,
  root: string,
  {
    wanted,
    offsets,
    full,
    hot,
    isOver,
  }: {
    readonly wanted: ReadonlySet<string>;
    readonly offsets: Map<string, number>;
    readonly full: boolean;
    readonly hot: ReadonlySet<string>;
    /** Whether a pass that read so many bytes leaves the rest to the next one. */
    isOver(bytes: number): boolean;
  },
) {
  const portions: FollowedLines[] = [];
  const [unread, partly]: [string[], string[]] = [[], []];
  let bytes = 0;
  for (const path of wanted) {
    if (isOver(bytes)) {
      unread.push(path);
      continue;
    }
    const place = resolve(root, path);
    const from = offsets.get(path) ?? 0;
    const read = (read: typeof readFrom) => {
      const file = files.open(place);
      return file === undefined ? undefined : read(file, path, from);
    };
    let found = read(hot.has(path) ? readOn : readFrom);
    if (!found && full) {
      // Its size has changed and it holds nothing new: another file has taken the name of an open one.
      files.close(place);
      found = read(readFrom);
    }
    if (!found) continue;
    bytes += found.portion.restarted ? portionBytes : found.portion.offset - from;
    offsets.set(path, found.portion.offset);
    portions.push(found.portion);
    if (found.more) partly.push(path);
  }
  return { portions, left: [...unread, ...partly] };
}

/** The whole lines of a file from an offset, at most 1 MiB; undefined if there is none yet. */
export function readLines(file: string, path: string, from: number): Read | undefined {
  const opened = tryOpen(file);
  if (opened === undefined) return undefined;
  try {
    return readFrom(opened, path, from);
  } finally {
    closeSync(opened);
  }
}

interface Read {
  readonly portion: FollowedLines;
  readonly more: boolean;
}

/** The same for a file that very probably has grown: one call instead of two. A line beyond 64 KiB waits. */
function readOn(file: number, path: string, from: number): Read | undefined {
  const buffer = hotBuffer;
  const bytesRead = readSync(file, buffer, 0, hotBytes, from);
  const end = bytesRead === 0 ? 0 : buffer.lastIndexOf(0x0a, bytesRead - 1) + 1;
  return end === 0
    ? undefined
    : portionOf(buffer.subarray(0, end), { path, offset: from + end }, bytesRead === hotBytes);
}

function readFrom(file: number, path: string, from: number): Read | undefined {
  const { size } = fstatSync(file);
  const restarted = size < from;
  const start = restarted ? 0 : from;
  const none = restarted ? { portion: { path, lines: [], offset: 0, restarted }, more: false } : undefined;
  if (size === start) return none;
  const buffer = Buffer.allocUnsafe(Math.min(portionBytes, size - start));
  const bytesRead = readSync(file, buffer, 0, buffer.length, start);
  const end = buffer.lastIndexOf(0x0a, bytesRead - 1) + 1 || (bytesRead === portionBytes ? bytesRead : 0);
  if (end === 0) return none;
  const about = { path, offset: start + end, ...(restarted && { restarted }) };
  return portionOf(buffer.subarray(0, end), about, start + end < size && bytesRead === portionBytes);
}

function portionOf(bytes: Buffer, about: Omit<FollowedLines, "lines">, more: boolean): Read {
  const lines = bytes.toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return { portion: { ...about, lines: lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)) }, more };
}
