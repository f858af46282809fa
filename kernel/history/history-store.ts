import { appendFileSync, closeSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { reasonOf } from "../core/error.js";
import { makeFolder } from "../core/folders.js";
import { jupyterDataFolder, realSurroundings } from "../core/jupyter-folders.js";
import { log } from "../core/log.js";
import { parseSessionFile, type SessionHistory } from "./session-file.js";

/** Environment variable: a folder for history in place of the one in Jupyter's data folder, or `off`. */
export const historyVariable = "MINDFORMERS_LAB_HISTORY";

/** Where history is kept; undefined if the user wants none. */
export function historyFolder(surroundings = realSurroundings()): string | undefined {
  const wanted = surroundings.environment[historyVariable];
  if (wanted === "off") return undefined;
  return wanted || join(jupyterDataFolder(surroundings), "mindformers-lab", "history");
}

/** Where sessions are kept beyond the life of their kernels. */
export interface HistoryStore {
  /** Takes a number for a new session, larger than that of every session that is kept. */
  begin(): number;
  /** Adds text to the file of the session that `begin` gave. */
  append(text: string): void;
  /** Sessions with smaller or larger numbers than `own` (other kernels may be running), the newest first. */
  others(own: number | undefined): Iterable<SessionHistory>;
  /** Largest number of a session that is kept; 0 if there is none. */
  newest(): number;
}

/** What is kept at most: so many sessions, so many bytes in all, so many bytes of one session. */
export const historyLimits = { sessions: 1000, bytes: 16 * 1024 ** 2, sessionBytes: 4 * 1024 ** 2 };

/** Keeps nothing. */
export const noHistory: HistoryStore = { begin: () => 1, append() {}, others: () => [], newest: () => 0 };

/**
 * One file per session, written by its own kernel only; the name is the number of the session. Kernels that start at
 * the same time get different numbers because a file is created only if it does not exist. History is a convenience: if
 * the disk is full or the folder read-only, one line in the log says so, and cells run as ever.
 */
export function createHistoryStore(folder: string, limits = historyLimits): HistoryStore {
  const read = createReader(folder);
  let file: number | undefined;
  let written = 0;

  const numbers = (): number[] => sessionsIn(folder).toSorted((a, b) => b - a);
  const failed = (error: unknown): void => log(`history is not kept in ${folder}: ${reasonOf(error)}`);
  return {
    newest: () => numbers()[0] ?? 0,
    begin() {
      const next = (numbers()[0] ?? 0) + 1;
      try {
        makeFolder(folder, 0o700);
        prune(folder, limits);
        const [number, opened] = createNext(folder, next);
        file = opened;
        return number;
      } catch (error) {
        failed(error);
        return next;
      }
    },
    append(text) {
      if (file === undefined || written + text.length > limits.sessionBytes) return;
      try {
        appendFileSync(file, text);
        written += Buffer.byteLength(text);
      } catch (error) {
        failed(error);
        closeSync(file);
        file = undefined;
      }
    },
    *others(own) {
      for (const session of numbers()) if (session !== own) yield { session, entries: read(session) };
    },
  };
}

const pattern = /^session-(\d{8,})\.jsonl$/;

function fileOf(folder: string, session: number): string {
  return join(folder, `session-${String(session).padStart(8, "0")}.jsonl`);
}

function sessionsIn(folder: string): number[] {
  try {
    return readdirSync(folder).flatMap((name) => Number(pattern.exec(name)?.[1] ?? []) || []);
  } catch {
    return [];
  }
}

function createNext(folder: string, first: number): [session: number, file: number] {
  for (let session = first; ; session++) {
    try {
      return [session, openSync(fileOf(folder, session), "ax", 0o600)];
    } catch (error) {
      if (reasonOf(error) !== "EEXIST" || session > first + 1000) throw error;
    }
  }
}

/**
 * Removes the oldest sessions above the limits. A kernel that still writes to one keeps its open file and notices
 * nothing.
 */
function prune(folder: string, limits: typeof historyLimits): void {
  let bytes = 0;
  for (const [index, session] of sessionsIn(folder)
    .sort((a, b) => b - a)
    .entries()) {
    const path = fileOf(folder, session);
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (index + 1 >= limits.sessions || bytes > limits.bytes) rmSync(path, { force: true });
  }
}

/** Files are read again only if they have grown. */
function createReader(folder: string): (session: number) => SessionHistory["entries"] {
  const kept = new Map<number, { readonly size: number; readonly entries: SessionHistory["entries"] }>();
  return (session) => {
    const path = fileOf(folder, session);
    try {
      const { size } = statSync(path);
      const known = kept.get(session);
      if (known?.size === size) return known.entries;
      const entries = parseSessionFile(readFileSync(path, "utf8"));
      kept.set(session, { size, entries });
      return entries;
    } catch {
      // Removed meanwhile by another kernel.
      return [];
    }
  };
}
