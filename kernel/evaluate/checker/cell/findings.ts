import { relative } from "node:path";
import type ts from "typescript";
import type { Diagnostic } from "../../../report/diagnostic.js";
import { mergeFindings } from "../../../report/diagnostic.js";
import { placeOf } from "../../../report/text-edits.js";
import type { TypeScript } from "../../guards.js";
import type { Checked } from "../program/language.js";

/** What the compiler has to say against a cell: first about its syntax, and only if that is right about its types. */
export function findingsAbout({ program }: Checked, file: ts.SourceFile): readonly ts.Diagnostic[] {
  const syntactic = program.getSyntacticDiagnostics(file);
  return syntactic.length > 0 ? syntactic : program.getSemanticDiagnostics(file);
}

/**
 * Findings with places in the cell as typed (the compiler's text may go on behind it); those about the same place are
 * one, and what begins at the same place is said once.
 */
export function describeFindings(compiler: TypeScript, findings: readonly ts.Diagnostic[], code: string): Diagnostic[] {
  const where: Locate = (start) => ({ place: placeOf(code, Math.min(start, code.length)) });
  // What stands behind the cell is put there for the compiler; once something in the cell is wrong, what follows from
  // that is of no interest.
  const inside = findings.filter(({ start = 0 }) => start <= code.length);
  return merged(compiler, inside.length > 0 ? inside : findings, where);
}

/** Findings in a file of the user's, named as seen from `folder`. */
export function describeFileFindings(
  compiler: TypeScript,
  findings: readonly ts.Diagnostic[],
  folder: string,
): Diagnostic[] {
  const where: Locate = (start, file) => {
    const { line, character } = compiler.getLineAndCharacterOfPosition(file, start);
    return { place: { line, column: character }, file: relative(folder, file.fileName) };
  };
  return merged(compiler, findings, where);
}

type Locate = (start: number, file: ts.SourceFile) => Pick<Diagnostic, "place" | "file">;

function merged(compiler: TypeScript, findings: readonly ts.Diagnostic[], where: Locate): Diagnostic[] {
  const described = findings.flatMap(({ start, length = 0, file, code, messageText, relatedInformation = [] }) => {
    if (file === undefined || start === undefined) return [];
    const said =
      reworded.get(code) ?? compiler.flattenDiagnosticMessageText(messageText, "\n").replace(aboutOptions, "");
    const message = relatedInformation.some((one) => one.code === missingAwait) ? `${said} ${tryAwait}` : said;
    return [{ start, end: start + length, message, code, ...where(start, file) }];
  });
  return mergeFindings(described);
}

/** Words of the compiler about modules, in the words for cells. */
const reworded = new Map([
  [1308, "'await' expressions are only allowed within async functions and at the top level of a cell."],
]);

/** A finding's aside that the value is a promise: the most frequent slip in a cell, so it stands in the message. */
const missingAwait = 2773;
const tryAwait = "Did you forget to use 'await'?";

/** The compiler's options, which a notebook doesn't have. */
const aboutOptions = / Do you need to change your target library\? Try changing the 'lib' compiler option to .*$/;
