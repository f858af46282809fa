import { refuseEdit } from "./text/edit.js";

/** One change of a configuration, as requested. */
export interface ConfigEdit {
  readonly verb: "set" | "merge" | "unset" | "fix" | "saving";
  /** Path that was set or removed; merge, fix, and saving add one entry per path. */
  readonly path: string;
  /** Author: "notebook", or the purpose of the copy, such as "plan". */
  readonly by: string;
}

/** A value with what was before it and what was taken back; never changed, every step makes a new one. */
export interface History<T> {
  readonly now: T;
  readonly past: readonly T[];
  readonly future: readonly T[];
}

export function beginHistory<T>(now: T): History<T> {
  return { now, past: [], future: [] };
}

export function record<T>(history: History<T>, now: T): History<T> {
  return { now, past: [...history.past, history.now], future: [] };
}

/** One step back; throws CONFIG_EDIT_REFUSED if there is none. */
export function stepBack<T>(history: History<T>): History<T> {
  const { now, past, future } = history;
  if (past.length === 0) throw refuseEdit("undo", "no edit is left to undo", "config.diff() shows what is edited");
  return { now: past.at(-1) as T, past: past.slice(0, -1), future: [now, ...future] };
}

/** One step forward again; throws CONFIG_EDIT_REFUSED if nothing was taken back since the last edit. */
export function stepForward<T>(history: History<T>): History<T> {
  const { now, past, future } = history;
  if (future.length === 0)
    throw refuseEdit("redo", "expected an undone edit, found none since the last edit", "config.undo() undoes one");
  return { now: future[0] as T, past: [...past, now], future: future.slice(1) };
}
