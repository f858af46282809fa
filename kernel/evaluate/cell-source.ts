import { SourceMap, type SourceMapPayload } from "node:module";
import { fileSource, mapFileFrame } from "./file-source.js";
import { type EditedText, offsetOf, type Place, placeOf } from "./text-edits.js";

/** What is needed to say where in a cell's source something happened. */
export interface CellSource {
  /** As errors call the cell: `Cell [3]`. */
  readonly label: string;
  readonly code: string;
  /** Place in `code` for a place in the script that ran; undefined for lines that only the converter knows. */
  toSource(place: Place): Place | undefined;
  /** Whether something of the cell's own stands at a place in the script, and not a guard. */
  isOwn(place: Place): boolean;
}

/** Name of the script that a cell becomes. */
export const cellScript = /^jupyter-cell-(\d+)\.js$/;

const scriptName = /jupyter-cell-(\d+)\.js(?::(\d+):(\d+))?/;
const sources: CellSource[] = [];

/** Keeps a cell's source for as long as the process lives and returns the script name that leads back to it. */
export function registerCell(source: CellSource): string {
  sources.push(source);
  return `jupyter-cell-${sources.length - 1}.js`;
}

/** What a debugger asks of a script: its cell or file, and for places in the script those in the source; null for code that isn't the source's own. */
export function describeScript(name: string, places: readonly (readonly [line: number, column: number])[]) {
  const source = sources[Number(cellScript.exec(name)?.[1])] ?? fileSource(name);
  if (source === undefined) return null;
  const inSource = places.map(([line, column]) => {
    const place = source.isOwn({ line, column }) ? source.toSource({ line, column }) : undefined;
    return place === undefined ? null : ([place.line, place.column] as const);
  });
  return { code: source.code, label: source.label, places: inSource };
}

/** The latest cell of that label. */
export function cellOfLabel(label: string): CellSource | undefined {
  return sources.findLast((source) => source.label === label);
}

/** From the script that a cell became back to the cell. */
export function placesOf(steps: {
  /** The cell and what was put into it. */
  readonly edited: () => EditedText;
  /** Source map from the script to the edited cell, as JSON; without one they are the same. */
  readonly map: string | undefined;
  /** Characters that stand before the first line. */
  readonly wrapper: number;
}): Pick<CellSource, "toSource" | "isOwn"> {
  const fromScript = steps.map === undefined ? (place: Place) => place : lazyMap(steps.map);
  let edited: EditedText | undefined;
  const offsetIn = ({ line, column }: Place): number | undefined => {
    const place = fromScript({ line, column: line === 0 ? Math.max(0, column - steps.wrapper) : column });
    edited ??= steps.edited();
    // Behind the cell's code its function is called: that isn't the cell's own.
    if (place === undefined || place.line > lineCount(edited.text) - 1) return undefined;
    return offsetOf(edited.text, place);
  };
  return {
    toSource(place) {
      const offset = offsetIn(place);
      return offset === undefined || edited === undefined
        ? undefined
        : placeOf(edited.original, edited.toOriginal(offset));
    },
    isOwn(place) {
      const offset = offsetIn(place);
      return offset !== undefined && edited?.isInserted(offset) === false;
    },
  };
}

function lineCount(text: string): number {
  let count = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** Looks places up in a source map, which is read at the first question. */
export function lazyMap(json: string | undefined): (place: Place) => Place | undefined {
  let map: SourceMap | undefined;
  return ({ line, column }) => {
    if (json === undefined) return undefined;
    map ??= new SourceMap(JSON.parse(json) as SourceMapPayload);
    const entry = map.findEntry(line, column);
    if (!("originalLine" in entry) || entry.generatedLine !== line) return undefined;
    return { line: entry.originalLine, column: entry.originalColumn };
  };
}

/** Rewrites the frames of a stack that are in cells (`Cell [3]:2:7`) and drops those that only the converter made. */
export function mapStack(stack: string): string {
  return stack
    .split("\n")
    .flatMap((line) => mapFrame(line) ?? [])
    .join("\n");
}

function mapFrame(line: string): string | undefined {
  const match = scriptName.exec(line);
  if (match === null) return line;
  const source = sources[Number(match[1])];
  if (source === undefined || match[2] === undefined) return line;
  const place = source.toSource({ line: Number(match[2]) - 1, column: Number(match[3]) - 1 });
  if (place === undefined) return undefined;
  return line.replace(match[0], `${source.label}:${place.line + 1}:${place.column + 1}`);
}

type Prepare = (error: Error, sites: NodeJS.CallSite[]) => unknown;

/** Makes `error.stack` speak of cells everywhere, also where users print it themselves. The text of stacks without cells is left to whoever was there before. */
export function installStackMapping(): void {
  const before = Error.prepareStackTrace as (Prepare & { readonly ofCells?: true }) | undefined;
  if (before?.ofCells === true) return;
  const prepare: Prepare = (error, sites) => {
    const end = endOfCells(sites);
    if (end > 0) return mapStack(stackText(error, sites.slice(0, end)));
    // Without a cell, as in a timer of a file of the user's.
    const stack = before === undefined ? stackText(error, sites) : before(error, sites);
    return typeof stack === "string" ? stack.split("\n").map(mapFileFrame).join("\n") : stack;
  };
  Error.prepareStackTrace = Object.assign(prepare, { ofCells: true as const });
  Error.stackTraceLimit = Math.max(Error.stackTraceLimit, 30);
}

function stackText(error: Error, sites: readonly NodeJS.CallSite[]): string {
  return [headOf(error), ...sites.map((site) => mapFileFrame(`    at ${site}`))].join("\n");
}

/** Number of frames down to the last one in a cell: what called the cell is not of interest. */
function endOfCells(sites: readonly NodeJS.CallSite[]): number {
  return sites.findLastIndex((site) => scriptName.test(String(site.getScriptNameOrSourceURL()))) + 1;
}

function headOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
