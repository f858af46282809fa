import { SourceMap, type SourceMapPayload } from "node:module";
import type { CellSource } from "./sources.js";
import { type EditedText, offsetOf, type Place, placeOf } from "./text-edits.js";

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

const mapComment = /\n?\/\/# sourceMappingURL=\S*\s*$/;

/** The map is kept beside the script. */
export function withoutMapComment(text: string): string {
  return text.replace(mapComment, "\n");
}
