import { lazyMap } from "../../report/places.js";
import type { CellSource } from "../../report/sources.js";
import { type EditedText, offsetOf, type Place, placeOf } from "../../report/text-edits.js";
import type { EmittedMaps } from "./compiler.js";

/** Lines that the converter adds, by which the variables of a cell reach the next ones. */
const exporting = /^(?:Object\.defineProperty\(exports, |exports\.(\S+) = (?:\1;$|.*\bvoid 0;$))/;

/** From the script back to the cell, through everything that was done to it. */
export function placeMapper(steps: {
  readonly fixed: EditedText;
  readonly maps: Readonly<EmittedMaps>;
  readonly guarded: EditedText;
  /** Characters that the executor adds before the first line. */
  readonly wrapper: number;
}): Pick<CellSource, "toSource" | "isOwn"> {
  const { live, ...maps } = steps.maps;
  const fromModule = lazyMap(maps.toModule);
  const fromScript = lazyMap(maps.toScript);
  const fromLive = (place: Place): Place =>
    live === undefined ? place : placeOf(live.original, live.toOriginal(offsetOf(live.text, place)));
  const inGuarded = ({ line, column }: Place): number =>
    offsetOf(steps.guarded.text, { line, column: line === 0 ? Math.max(0, column - steps.wrapper) : column });
  const toSource = (place: Place): Place | undefined => {
    const inScript = placeOf(steps.guarded.original, steps.guarded.toOriginal(inGuarded(place)));
    const inLive = fromScript(inScript);
    const inFixed = inLive && fromModule(fromLive(inLive));
    if (inFixed === undefined || inFixed.line < 1) return undefined;
    // tslab puts one line before the cell.
    const offset = offsetOf(steps.fixed.text, { line: inFixed.line - 1, column: inFixed.column });
    return placeOf(steps.fixed.original, steps.fixed.toOriginal(offset));
  };
  const isOwn = (place: Place): boolean => {
    const offset = inGuarded(place);
    if (steps.guarded.isInserted(offset)) return false;
    const { line } = placeOf(steps.guarded.original, steps.guarded.toOriginal(offset));
    return !exporting.test(steps.guarded.original.split("\n")[line] ?? "");
  };
  return { toSource, isOwn };
}
