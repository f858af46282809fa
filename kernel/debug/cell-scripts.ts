import { cellScript } from "../evaluate/cell-source.js";
import { guardName } from "../evaluate/guards.js";
import { cellPath } from "./cell-path.js";
import type { Location, MainThread } from "./main-thread.js";

/** Cells that ran before the debugger was on are looked at up to this number, the latest ones. */
const mostEarlier = 200;

/** A place where the thread can be made to stand, with the line and column (from 0) in the cell as typed. */
interface Stop {
  readonly at: Location;
  readonly line: number;
  readonly column: number;
}

/** The script that a cell became. */
export interface CellScript {
  readonly name: string;
  /** Of the code as typed, as front ends know it. */
  readonly path: string;
  readonly label: string;
  readonly stops: readonly Stop[];
}

/** The scripts that cells became, and the breakpoints in them. A script is known by its name: it is compiled once to be looked at, and once to run. */
export class CellScripts {
  private readonly idOf = new Map<string, string>();
  private readonly nameOf = new Map<string, string>();
  private readonly scripts = new Map<string, CellScript>();
  private readonly waiting = new Map<string, () => void>();
  /** Lines (from 1) by the path of the code. */
  private readonly wanted = new Map<string, readonly number[]>();
  private readonly bound = new Map<string, string[]>();

  constructor(private readonly thread: MainThread) {}

  get(scriptId: string): CellScript | undefined {
    return this.scripts.get(this.nameOf.get(scriptId) ?? "");
  }

  /** All breakpoints that are asked for, by path. */
  get breakpoints(): ReadonlyMap<string, readonly number[]> {
    return this.wanted;
  }

  /** The main thread has compiled a script. */
  parsed(scriptId: string, name: string): void {
    if (!cellScript.test(name)) return;
    this.nameOf.set(scriptId, name);
    if (!this.idOf.has(name)) this.idOf.set(name, scriptId);
    this.waiting.get(name)?.();
    this.waiting.delete(name);
  }

  /** Looks at the cells that ran before the debugger was on. */
  async addEarlier(): Promise<void> {
    for (const name of [...this.idOf.keys()].slice(-mostEarlier)) await this.add(name);
  }

  /** Takes in the script of a cell that is about to run, and sets its breakpoints. */
  async add(name: string): Promise<void> {
    if (!this.idOf.has(name)) await new Promise<void>((resolve) => this.waiting.set(name, resolve));
    if (this.scripts.has(name)) return;
    const start = { scriptId: this.idOf.get(name), lineNumber: 0 };
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
    this.scripts.set(name, { name, path: cellPath(found.code), label: found.label, stops });
    await this.bind(name);
  }

  /** Sets the breakpoints of one source; gives the line of each, which is the next one with code. */
  async setBreakpoints(path: string, lines: readonly number[]): Promise<readonly number[]> {
    if (lines.length === 0) this.wanted.delete(path);
    else this.wanted.set(path, lines);
    const scripts = [...this.scripts.values()].filter((script) => script.path === path);
    for (const script of scripts) await this.bind(script.name);
    const newest = scripts.at(-1);
    return lines.map((line) => (newest && stopAt(newest, line)?.line) ?? line - 1).map((line) => line + 1);
  }

  /** A place of a script in terms of its cell: that of the last stop up to there in the line. */
  placeOf({ scriptId, lineNumber, columnNumber = 0 }: Location): Stop | undefined {
    const { stops = [] } = this.get(scriptId) ?? {};
    return stops.findLast(({ at }) => at.lineNumber === lineNumber && (at.columnNumber ?? 0) <= columnNumber);
  }

  /** Whether the cell's own code stands exactly there, and not what was put around it. */
  isStop({ scriptId, lineNumber, columnNumber = 0 }: Location): boolean {
    const { stops = [] } = this.get(scriptId) ?? {};
    return stops.some(({ at }) => at.lineNumber === lineNumber && at.columnNumber === columnNumber);
  }

  private async bind(name: string): Promise<void> {
    const script = this.scripts.get(name);
    if (script === undefined) return;
    for (const breakpointId of this.bound.get(name) ?? [])
      await this.thread.post("Debugger.removeBreakpoint", { breakpointId });
    const ids: string[] = [];
    for (const line of this.wanted.get(script.path) ?? []) {
      const stop = stopAt(script, line);
      if (stop === undefined) continue;
      const { lineNumber, columnNumber } = stop.at;
      const place = { url: name, lineNumber, columnNumber };
      ids.push((await this.thread.post<{ breakpointId: string }>("Debugger.setBreakpointByUrl", place)).breakpointId);
    }
    this.bound.set(name, ids);
  }
}

/** What the main thread tells of a script: code and label of its cell, and a place in that code for each place asked for. */
interface Description {
  readonly code: string;
  readonly label: string;
  readonly places: readonly (readonly [line: number, column: number] | null)[];
}

/** The first place of a line (from 1), or of the next line that has one. */
function stopAt({ stops }: CellScript, line: number): Stop | undefined {
  const behind = stops.filter((stop) => stop.line >= line - 1);
  const nearest = Math.min(...behind.map((stop) => stop.line));
  const there = behind.filter((stop) => stop.line === nearest);
  return there.sort((a, b) => a.column - b.column)[0];
}
