import type { RequestContents } from "../channels/messages.js";
import type { HistoryEntry, SessionHistory } from "./session-file.js";

/** A line as history_reply has it: session, line, code — or [code, result] if results were asked for. */
export type HistoryLine = readonly [
  session: number,
  line: number,
  code: string | readonly [code: string, result: string | null],
];

type Query = RequestContents["history_request"];

export interface Sessions {
  /** Number of the session that is being recorded. */
  readonly current: number;
  /** The newest first, the current one among them; read only as far as it is needed. */
  newestFirst(): Iterable<SessionHistory>;
}

/**
 * `tail` and `search` look through all sessions and give the last lines that fit, oldest first. `range` is about one
 * session: 0 the current one, a positive number that one, -1 the one before the current one.
 */
export function selectHistory(query: Query, sessions: Sessions): HistoryLine[] {
  if (query.access === "range") return selectRange(query, sessions);
  const glob = query.access === "search" ? [...query.pattern] : undefined;
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  const seen = query.access === "search" && query.unique ? new Set<string>() : undefined;
  const found: HistoryLine[] = [];
  for (const { session, entries } of sessions.newestFirst()) {
    for (const entry of entries.toReversed()) {
      if (found.length >= limit) return found.reverse();
      if (glob !== undefined && !fitsGlob([...entry.code], glob)) continue;
      if (seen?.has(entry.code) === true) continue;
      seen?.add(entry.code);
      found.push(lineOf(session, entry, query.output));
    }
  }
  return found.reverse();
}

function selectRange(query: Query, sessions: Sessions): HistoryLine[] {
  const wanted = query.session > 0 ? query.session : sessions.current + query.session;
  const stop = query.stop ?? Number.POSITIVE_INFINITY;
  for (const { session, entries } of sessions.newestFirst()) {
    if (session < wanted) return [];
    if (session === wanted)
      return entries
        .filter(({ line }) => line >= query.start && line < stop)
        .map((entry) => lineOf(session, entry, query.output));
  }
  return [];
}

function lineOf(session: number, { line, code, output }: HistoryEntry, withOutput: boolean): HistoryLine {
  return [session, line, withOutput ? [code, output] : code];
}

/**
 * True if the whole text fits the glob: `*` any characters, `?` one character. Goes back to the last star only, so its
 * time is at most text × pattern; a regular expression would take for ever on some patterns.
 */
function fitsGlob(text: readonly string[], glob: readonly string[]): boolean {
  let at = 0;
  let inGlob = 0;
  let star = -1;
  let textAtStar = 0;
  while (at < text.length) {
    if (glob[inGlob] === "*") {
      star = inGlob;
      textAtStar = at;
      inGlob += 1;
    } else if (glob[inGlob] === "?" || glob[inGlob] === text[at]) {
      at += 1;
      inGlob += 1;
    } else if (star >= 0) {
      textAtStar += 1;
      at = textAtStar;
      inGlob = star + 1;
    } else return false;
  }
  return glob.slice(inGlob).every((character) => character === "*");
}
