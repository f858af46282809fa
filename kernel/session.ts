import type { RequestContents } from "./channels/messages.js";

/** One executed cell: line number, code, and the text of its result once there is one. */
interface Entry {
  readonly line: number;
  readonly code: string;
  readonly requestId: string;
  output: string | null;
}

/** A line as history_reply has it: session, line, code — or [code, result] if results were asked for. */
export type HistoryLine = readonly [
  session: number,
  line: number,
  code: string | readonly [code: string, result: string | null],
];

type Query = RequestContents["history_request"];

/** Number of the session that is being recorded; there are no earlier ones, as history lives in memory. */
const thisSession = 1;

/** Execution count and history of one kernel process. */
export class Session {
  private count = 0;
  private readonly entries: Entry[] = [];

  /** Count of the last stored cell; 0 before the first one. */
  get executionCount(): number {
    return this.count;
  }

  /** Records a cell that is about to run and returns its number. */
  store(code: string, requestId: string): number {
    this.count += 1;
    this.entries.push({ line: this.count, code, requestId, output: null });
    return this.count;
  }

  /** Records the text of the result of the cell that `requestId` started, if that cell is stored. */
  storeOutput(requestId: string, text: string): void {
    const entry = this.entries.findLast((candidate) => candidate.requestId === requestId);
    if (entry) entry.output = text;
  }

  history(query: Query): HistoryLine[] {
    const found = this.select(query);
    return found.map(({ line, code, output }) => [thisSession, line, query.output ? [code, output] : code]);
  }

  private select(query: Query): Entry[] {
    if (query.access === "tail") return last(this.entries, query.limit);
    if (query.access === "range") {
      if (query.session !== 0 && query.session !== thisSession) return [];
      const stop = query.stop ?? Number.POSITIVE_INFINITY;
      return this.entries.filter(({ line }) => line >= query.start && line < stop);
    }
    const glob = [...query.pattern];
    const matching = this.entries.filter(({ code }) => fitsGlob([...code], glob));
    return last(query.unique ? withoutRepeats(matching) : matching, query.limit);
  }
}

function last(entries: readonly Entry[], limit: number | undefined): Entry[] {
  if (limit === undefined) return [...entries];
  return limit <= 0 ? [] : entries.slice(-limit);
}

/** Of several cells with the same code the last one stays. */
function withoutRepeats(entries: readonly Entry[]): Entry[] {
  const latest = new Map<string, Entry>();
  for (const entry of entries) {
    latest.delete(entry.code);
    latest.set(entry.code, entry);
  }
  return [...latest.values()];
}

/**
 * True if the whole text fits the glob: `*` any characters, `?` one character. Goes back to the last star only, so its time is at most
 * text × pattern; a regular expression would take for ever on some patterns.
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
