import type ts from "typescript";
import { applyEdits, type EditedText } from "../../report/text-edits.js";
import { topLevelNames } from "../checker/cell/meaning.js";
import type { TypeScript } from "../guards.js";
import { mayHaveTakenNames, renames } from "../own-names.js";

/**
 * Parameters and variables inside of functions and blocks that hide the names by which the converter reaches earlier
 * cells get other ones.
 */
export function renameNested(compiler: TypeScript, code: string): EditedText {
  if (!mayHaveTakenNames(code)) return applyEdits(code, []);
  const name = "cell.ts";
  const parsed = compiler.createSourceFile(name, code, compiler.ScriptTarget.Latest, true);
  const host: ts.CompilerHost = {
    getSourceFile: (path) => (path === name ? parsed : undefined),
    getDefaultLibFileName: () => "lib.d.ts",
    writeFile() {},
    getCurrentDirectory: () => "",
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (path) => path === name,
    readFile: () => undefined,
  };
  const program = compiler.createProgram([name], { noLib: true, noResolve: true, types: [] }, host);
  const checker = program.getTypeChecker();
  const topLevel = new Set(topLevelNames(parsed).values());
  return applyEdits(code, renames(compiler, { file: parsed, checker, keeps: (symbol) => topLevel.has(symbol) }));
}
