import type { Place } from "./text-edits.js";

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

const sources: CellSource[] = [];

/** Keeps a cell's source for as long as the process lives and returns the script name that leads back to it. */
export function registerCell(source: CellSource): string {
  sources.push(source);
  return `jupyter-cell-${sources.length - 1}.js`;
}

/**
 * What a debugger asks of a script: its cell or file, and for places in the script those in the source; null for code
 * that isn't the source's own.
 */
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

/** A file of the user's that cells import, as it was translated. Its script goes by its path. */
export interface FileSource extends CellSource {
  readonly path: string;
}

const files = new Map<string, FileSource>();

/** Keeps what leads from the script back to the file; a later version takes the place of an earlier one. */
export function registerFile(file: FileSource): void {
  files.set(file.path, file);
}

export function fileSource(path: string): FileSource | undefined {
  return files.get(path);
}

/** The source of a cell by the number in its script's name. */
export function cellSource(number: number): CellSource | undefined {
  return sources[number];
}

/** Every file of the user's that cells have imported. */
export function fileSources(): Iterable<FileSource> {
  return files.values();
}
