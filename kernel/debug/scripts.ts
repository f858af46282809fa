import { fileURLToPath } from "node:url";
import { guardName } from "../evaluate/guards.js";
import { cellScript } from "../report/sources.js";
import { cellPath, cellPaths } from "./cell-path.js";
import type { Location, MainThread } from "./main-thread.js";

/** Cells that ran before the debugger was on are looked at up to this number, the latest ones. */
const mostEarlier = 200;

/** A place where the thread can be made to stand, with the line and column (from 0) in the source as written. */
interface Stop {
  readonly at: Location;
  readonly line: number;
  readonly column: number;
}

/** The script that a cell became, or a file that cells import. */
export interface SourceScript {
  /** `jupyter-cell-3.js`, or the path of the file. */
  readonly name: string;
  readonly parsed: ParsedScript;
  /** Of the source, as front ends know it. */
  readonly path: string;
  readonly label: string;
  readonly code: string;
  readonly stops: readonly Stop[];
}

/**
 * The scripts that cells and the user's files became, and the breakpoints in them. A script is known by its name: it is
 * compiled once to be looked at, and once to run.
 */
export class Scripts {
  private readonly nameOf = new Map<string, string>();
  /** The latest script of each name. */
  private readonly latest = new Map<string, ParsedScript>();
  private readonly scripts = new Map<string, SourceScript>();
  /** What scripts of earlier versions of a file were, by their ids: functions of theirs may still be called. */
  private readonly earlier = new Map<string, SourceScript>();
  /** Lines (from 1) by the path of the source. */
  private readonly wanted = new Map<string, readonly number[]>();
  private readonly bound = new Map<string, string[]>();

  constructor(private readonly thread: MainThread) {}

  get(scriptId: string): SourceScript | undefined {
    return this.earlier.get(scriptId) ?? this.scripts.get(this.nameOf.get(scriptId) ?? "");
  }

  /** Text of a file by its path. */
  codeOf(path: string): string | undefined {
    return this.scripts.get(path)?.code;
  }

  /** The user's files that cells have imported. */
  get files(): readonly SourceScript[] {
    return [...this.scripts.values()].filter(({ path, name }) => path === name);
  }

  /** All breakpoints that are asked for, by path. */
  get breakpoints(): ReadonlyMap<string, readonly number[]> {
    return this.wanted;
  }

  /** The main thread has compiled a script. */
  parsed(script: ParsedScript): void {
    const name = nameFor(script.url);
    if (name === undefined) return;
    this.nameOf.set(script.scriptId, name);
    this.latest.set(name, script);
  }

  /** Looks at the cells and files that ran before the debugger was on. */
  async addEarlier(): Promise<void> {
    await this.stepOnlyThroughSources();
    const names = [...this.latest.keys()];
    const cells = names.filter((name) => cellScript.test(name)).slice(-mostEarlier);
    const others = JSON.stringify(names.filter((name) => !cellScript.test(name)));
    // Where the evaluator is still being loaded there is no guard yet, and no file.
    const isKnown = `(name) => (globalThis.${guardName}?.describeScript(name, []) ?? null) !== null`;
    const files = await this.thread.read<string[]>(`${others}.filter(${isKnown})`);
    for (const name of [...cells, ...files]) await this.add(name);
  }

  /** Takes in the script of a cell or file that is about to run, and sets its breakpoints. */
  async add(name: string): Promise<void> {
    // Its answer comes after the news of every script that the main thread has compiled.
    await this.thread.read("0");
    const parsed = this.latest.get(name);
    const before = this.scripts.get(name);
    if (parsed === undefined || (before !== undefined && cellScript.test(name))) return;
    const { scriptId } = parsed;
    const start = { scriptId, lineNumber: 0 };
    const { locations } = await this.thread.post<{ locations: Location[] }>("Debugger.getPossibleBreakpoints", {
      start,
    });
    const places = JSON.stringify(locations.map((one) => [one.lineNumber, one.columnNumber ?? 0]));
    const call = `globalThis.${guardName}.describeScript(${JSON.stringify(name)}, ${places})`;
    const found = await this.thread.read<Description | null>(call);
    if (found === null) return;
    const stops = locations.flatMap((at, index): Stop[] => {
      const place = found.places[index];
      return place ? [{ at, line: place[0], column: place[1] }] : [];
    });
    if (before !== undefined) this.keep(before, scriptId);
    const path = cellScript.test(name) ? cellPath(found.code) : name;
    this.scripts.set(name, { name, parsed, path, label: found.label, code: found.code, stops });
    if (path === name && before === undefined) await this.stepOnlyThroughSources();
    await this.bind(name);
  }

  /** Sets the breakpoints of one source. Returns the line of each, which is the next line with code. */
  async setBreakpoints(path: string, lines: readonly number[]): Promise<readonly FoundBreakpoint[]> {
    if (lines.length === 0) this.wanted.delete(path);
    else this.wanted.set(path, lines);
    const scripts = [...this.scripts.values()].filter((script) => script.path === path);
    for (const script of scripts) await this.bind(script.name);
    const newest = scripts.at(-1);
    const isKnown = newest !== undefined || path.startsWith(cellPaths.tmpFilePrefix);
    return lines.map((line) => ({ isKnown, line: ((newest && stopAt(newest, line)?.line) ?? line - 1) + 1 }));
  }

  /** A place of a script in terms of its source: that of the last stop up to there in the line. */
  placeOf({ scriptId, lineNumber, columnNumber = 0 }: Location): Stop | undefined {
    const { stops = [] } = this.get(scriptId) ?? {};
    return stops.findLast(({ at }) => at.lineNumber === lineNumber && (at.columnNumber ?? 0) <= columnNumber);
  }

  /** Whether the source's own code stands exactly there, and not what was put around it. */
  isStop({ scriptId, lineNumber, columnNumber = 0 }: Location): boolean {
    const { stops = [] } = this.get(scriptId) ?? {};
    return stops.some(({ at }) => at.lineNumber === lineNumber && at.columnNumber === columnNumber);
  }

  private keep(script: SourceScript, newId: string): void {
    for (const [id, name] of this.nameOf)
      if (name === script.name && id !== newId && !this.earlier.has(id)) this.earlier.set(id, script);
  }

  /** Only cells and the user's files are debugged: stepping passes through libraries, Node, and the kernel. */
  private async stepOnlyThroughSources(): Promise<void> {
    const urls = this.files.map(({ parsed }) => parsed.url.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    const pattern = `^(?!${["jupyter-cell-", ...urls.map((url) => `${url}$`)].join("|")})`;
    await this.thread.post("Debugger.setBlackboxPatterns", { patterns: [pattern] });
  }

  private async bind(name: string): Promise<void> {
    const script = this.scripts.get(name);
    if (script === undefined) return;
    for (const breakpointId of this.bound.get(name) ?? [])
      await this.thread.post("Debugger.removeBreakpoint", { breakpointId });
    // What is put before a call makes a cell's text differ; of a file there may be scripts of earlier versions with the
    // same URL.
    const { url, hash } = script.parsed;
    const which = script.path === script.name ? { scriptHash: hash } : { url };
    const ids: string[] = [];
    for (const line of this.wanted.get(script.path) ?? []) {
      const stop = stopAt(script, line);
      if (stop === undefined) continue;
      const { lineNumber, columnNumber } = stop.at;
      const place = { ...which, lineNumber, columnNumber };
      ids.push((await this.thread.post<{ breakpointId: string }>("Debugger.setBreakpointByUrl", place)).breakpointId);
    }
    this.bound.set(name, ids);
  }
}

/** What the inspector reports of a script. */
export interface ParsedScript {
  readonly scriptId: string;
  readonly url: string;
  /** Of its text. */
  readonly hash: string;
}

export interface FoundBreakpoint {
  /** From 1. */
  readonly line: number;
  /** False for a file that no cell has imported yet: its breakpoints are set when one does. */
  readonly isKnown: boolean;
}

/**
 * What the main thread tells of a script: code and label of its source, and a place in that code for each place asked
 * for.
 */
interface Description {
  readonly code: string;
  readonly label: string;
  readonly places: readonly (readonly [line: number, column: number] | null)[];
}

/** Undefined for what can't be a cell or a file of the user's. */
function nameFor(url: string): string | undefined {
  if (cellScript.test(url)) return url;
  return url.startsWith("file:") && !url.includes("/node_modules/") ? fileURLToPath(url) : undefined;
}

/** The first place of a line (from 1), or of the next line that has one. */
function stopAt({ stops }: SourceScript, line: number): Stop | undefined {
  const behind = stops.filter((stop) => stop.line >= line - 1);
  const nearest = Math.min(...behind.map((stop) => stop.line));
  const there = behind.filter((stop) => stop.line === nearest);
  return there.sort((a, b) => a.column - b.column)[0];
}
