import type ts from "typescript";
import { flagName, guardName, type TypeScript } from "../guards.js";
import { withoutMapComment } from "../map-comment.js";
import { mayHaveTakenNames, renames } from "../own-names.js";
import { applyEdits, type Edit } from "../text-edits.js";
import { runOptions } from "./libraries.js";
import type { ConvertedFile } from "./requests.js";
import { parseCell, runtimeEdits } from "./syntax.js";

/** Versions of the user's files that have been converted, by path. */
export type FileVersions = Map<string, string>;

/** Translates those of the files that are new or have changed. */
export function convertFiles(
  compiler: TypeScript,
  { files, program }: { readonly files: readonly ts.SourceFile[]; readonly program: ts.Program },
  versions: FileVersions,
): ConvertedFile[] {
  return files.flatMap((file) => {
    const { version = "" } = file as { readonly version?: string };
    if (file.fileName.endsWith(".json") || versions.get(file.fileName) === version) return [];
    versions.set(file.fileName, version);
    return [translate(compiler, file, program)];
  });
}

function translate(compiler: TypeScript, file: ts.SourceFile, program: ts.Program): ConvertedFile {
  const { text, fileName } = file;
  const prologue = `require=${guardName}.wrap(require);const ${flagName}=${guardName}.flag;`;
  const edits = [
    { at: 0, insert: prologue },
    ...runtimeEdits(compiler, parseCell(compiler, text, fileName), `${guardName}.metaOf(__filename)`),
    ...ownNames(compiler, file, program),
  ];
  const compilerOptions = {
    ...runOptions(compiler),
    // A script stays one: `module.exports` is its own affair.
    moduleDetection: compiler.ModuleDetectionKind.Legacy,
  };
  const options = { compilerOptions, fileName };
  const { outputText, sourceMapText = "" } = compiler.transpileModule(applyEdits(text, edits).text, options);
  return { path: fileName, code: text, javascript: withoutMapComment(outputText), map: sourceMapText, edits };
}

/** As in cells, but what the file exports keeps its name. Scripts have the `exports` and `require` of CommonJS. */
function ownNames(compiler: TypeScript, file: ts.SourceFile, program: ts.Program): Edit[] {
  if (!compiler.isExternalModule(file) || !mayHaveTakenNames(file.text)) return [];
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(file);
  const exported = new Set(module === undefined ? [] : checker.getExportsOfModule(module));
  return renames(compiler, { file, checker, keeps: (symbol) => exported.has(checker.getExportSymbolOfSymbol(symbol)) });
}
