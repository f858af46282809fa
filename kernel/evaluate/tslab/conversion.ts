import type ts from "typescript";
import { currentCell } from "../../cell/cell-context.js";
import type { Diagnostic } from "../../report/diagnostic.js";
import { mergeFindings } from "../../report/diagnostic.js";
import { registerCell } from "../../report/sources.js";
import { applyEdits, placeOf } from "../../report/text-edits.js";
import type { Candidates } from "../assist.js";
import { guardName, type TypeScript } from "../guards.js";
import { loosenTypes } from "../loose-types.js";
import type { EmittedMaps } from "./compiler.js";
import { placeMapper } from "./places.js";
import { type FixedCell, fixCell, guardCell, guardCode } from "./rewrite.js";

/** tslab's converter, as far as it is used (tslab/dist/converter.js). */
export interface Converter {
  convert(declarations: string, code: string): Converted;
  complete(declarations: string, code: string, cursor: number): Candidates;
  inspect(declarations: string, code: string, cursor: number): ts.QuickInfo | undefined;
  close(): void;
}

export interface Converted {
  output?: string;
  declOutput?: string;
  readonly diagnostics: readonly ConverterDiagnostic[];
  hasToplevelAwait?: boolean;
  sideOutputs?: { readonly path: string; data: string }[];
  readonly lastExpressionVar?: string;
}

interface ConverterDiagnostic {
  readonly start: { readonly offset: number; readonly line: number; readonly character: number };
  readonly end: { readonly offset: number };
  readonly messageText: string;
  readonly code: number;
  readonly fileName?: string;
}

/** A cell between its conversion and its end. */
export interface Prepared {
  readonly code: string;
  readonly label: string;
  readonly fixed: FixedCell;
  readonly converted: Converted;
  /** Name of the script, and what the executor puts before its code; missing if there is nothing to run. */
  readonly script?: string;
  readonly wrapper?: string;
}

export interface Given {
  readonly compiler: TypeScript;
  readonly converter: Converter;
  readonly maps: EmittedMaps;
  readonly declarations: string;
  readonly code: string;
}

/** Source fixes, type check, translation; a second time with looser types if only the names of types are in the way. */
function convert({ compiler, converter, declarations, code }: Given): { fixed: FixedCell; converted: Converted } {
  const fixed = fixCell(compiler, code);
  const converted = converter.convert(declarations, fixed.text);
  const own = converted.diagnostics.filter(({ fileName }) => fileName === undefined);
  const findings = own.map((diagnostic) => ({ code: diagnostic.code, offset: diagnostic.start.offset }));
  const edits = loosenTypes(compiler, fixed.text, findings);
  if (edits === undefined) return { fixed, converted };
  const loose = applyEdits(fixed.text, edits);
  const toOriginal = (offset: number): number => fixed.toOriginal(loose.toOriginal(offset));
  return {
    fixed: { ...fixed, text: loose.text, toOriginal },
    converted: converter.convert(declarations, loose.text),
  };
}

/** Conversion and guards. */
export function prepare(given: Given): Prepared {
  const { compiler, code } = given;
  const { fixed, converted } = convert(given);
  const label = `Cell [${currentCell()?.executionCount ?? 0}]`;
  const cell = { code, label, fixed, converted };
  if (converted.output === undefined) return cell;
  const script = converted.output;
  const guarded = guardCell(compiler, script);
  converted.hasToplevelAwait = fixed.awaits;
  // What the executor puts before the code: `(async function(exports, require) { `.
  const wrapper = `(${converted.hasToplevelAwait ? "async " : ""}function(exports, require) { `;
  const name = registerCell({
    label,
    code,
    ...placeMapper({ fixed, maps: { ...given.maps }, guarded, wrapper: wrapper.length }),
  });
  converted.output = `${guarded.text}\n//# sourceURL=${name}`;
  for (const side of converted.sideOutputs ?? [])
    side.data = `require=${guardName}.wrap(require);${guardCode(compiler, side.data).text}`;
  return { ...cell, script: name, wrapper };
}

/**
 * Diagnostics with places in the cell as it was typed; those about the same place are one, and what begins at the same
 * place is said once.
 */
export function cellDiagnostics({ code, fixed, converted }: Prepared): Diagnostic[] {
  const found = converted.diagnostics.map(({ start, end, messageText: message, code: number, fileName: file }) => ({
    ...{ start: start.offset, end: end.offset, message, code: number },
    ...(file === undefined
      ? { place: placeOf(code, fixed.toOriginal(start.offset)) }
      : { place: { line: start.line, column: start.character }, file }),
  }));
  const merged = mergeFindings(found);
  const misplaced = fixed.misplacedAwaits.map((offset) => ({
    message: "'await' expressions are only allowed within async functions and at the top level of a cell.",
    code: 1308,
    place: placeOf(code, offset),
  }));
  return merged.length > 0 ? merged : misplaced;
}
