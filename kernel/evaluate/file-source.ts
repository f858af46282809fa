import type { CellSource } from "./cell-source.js";

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

/** A frame of a stack with the place in the file as it was written, if it is in one of those files. */
export function mapFileFrame(frame: string): string {
  for (const { path, toSource } of files.values()) {
    const at = frame.indexOf(`${path}:`);
    const match = at < 0 ? null : /^(\d+):(\d+)/.exec(frame.slice(at + path.length + 1));
    if (match === null) continue;
    const place = toSource({ line: Number(match[1]) - 1, column: Number(match[2]) - 1 });
    if (place === undefined) return frame;
    return frame.replace(`${path}:${match[0]}`, `${path}:${place.line + 1}:${place.column + 1}`);
  }
  return frame;
}
