import type { Diagnostic } from "./diagnostic.js";
import type { Failure } from "./failure.js";
import { codeFrame } from "./frames.js";
import { hintFor } from "./hints.js";

/** How many diagnostics are shown in full; the others are only counted. */
const shownDiagnostics = 5;

/** The failure of a cell that the type checker rejected; takes at least one diagnostic. */
export function describeDiagnostics(
  diagnostics: readonly Diagnostic[],
  cell: { readonly label: string; readonly code: string },
): Failure {
  const shown = diagnostics.slice(0, shownDiagnostics);
  const more = diagnostics.length - shown.length;
  const position = ({ place, file }: Diagnostic): string =>
    `${file === undefined ? "" : `${file}, `}line ${place.line + 1}, column ${place.column + 1}`;
  const traceback = shown.flatMap((diagnostic) => [
    `TypeScriptError: ${diagnostic.message} (TS${diagnostic.code})`,
    `${diagnostic.file === undefined ? `${cell.label}, ` : ""}${position(diagnostic)}`,
    ...(diagnostic.file === undefined ? codeFrame(cell.code, diagnostic.place) : []),
  ]);
  const hint = hintFor(cell.code, diagnostics);
  const rest = [...andMore(more), ...(hint === undefined ? [] : [hint])];
  return {
    ename: "TypeScriptError",
    evalue: [...shown.map((diagnostic) => `${diagnostic.message} (${position(diagnostic)})`), ...rest].join("\n"),
    traceback: [...traceback, ...rest],
  };
}

function andMore(count: number): string[] {
  return count > 0 ? [`and ${count} more`] : [];
}
