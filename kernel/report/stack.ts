import { cellSource, fileSources } from "./sources.js";

const scriptName = /jupyter-cell-(\d+)\.js(?::(\d+):(\d+))?/;

/** Rewrites the frames of a stack that are in cells (`Cell [3]:2:7`) and drops those that only the converter made. */
export function mapStack(stack: string): string {
  // Messages may have a million lines.
  if (!scriptName.test(stack)) return stack;
  return stack
    .split("\n")
    .flatMap((line) => mapFrame(line) ?? [])
    .join("\n");
}

function mapFrame(line: string): string | undefined {
  const match = scriptName.exec(line);
  if (match === null) return line;
  const source = cellSource(Number(match[1]));
  if (source === undefined || match[2] === undefined) return line;
  const place = source.toSource({ line: Number(match[2]) - 1, column: Number(match[3]) - 1 });
  if (place === undefined) return undefined;
  return line.replace(match[0], `${source.label}:${place.line + 1}:${place.column + 1}`);
}

type Prepare = (error: Error, sites: NodeJS.CallSite[]) => unknown;

/**
 * Makes `error.stack` speak of cells everywhere, also where users print it themselves. The text of stacks without cells
 * is left to whoever was there before.
 */
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

/** A frame of a stack with the place in the file as it was written, if it is in one of those files. */
function mapFileFrame(frame: string): string {
  for (const { path, toSource } of fileSources()) {
    const at = frame.indexOf(`${path}:`);
    const match = at < 0 ? null : /^(\d+):(\d+)/.exec(frame.slice(at + path.length + 1));
    if (match === null) continue;
    const place = toSource({ line: Number(match[1]) - 1, column: Number(match[2]) - 1 });
    if (place === undefined) return frame;
    return frame.replace(`${path}:${match[0]}`, `${path}:${place.line + 1}:${place.column + 1}`);
  }
  return frame;
}
