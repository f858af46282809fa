import type ts from "typescript";
import { withoutMapComment } from "../../../report/places.js";
import { applyEdits, type Edit } from "../../../report/text-edits.js";
import { guardName, isAwait, someOutsideFunctions, type TypeScript } from "../../guards.js";
import { mayHaveTakenNames, renames } from "../../own-names.js";
import { runOptions } from "../program/libraries.js";
import type { ConvertedFile } from "./conversion.js";
import { importedModule, parseCell, runtimeEdits } from "./syntax.js";

/** Versions of the user's files that have been converted, by path. */
export type FileVersions = Map<string, string>;

interface OwnFiles {
  readonly files: readonly ts.SourceFile[];
  readonly program: ts.Program;
  /** Of the user's tsconfig.json. */
  readonly options: ts.CompilerOptions;
}

/** Translates those of the files that are new or have changed. */
export function convertFiles(
  compiler: TypeScript,
  { files, program, options }: OwnFiles,
  versions: FileVersions,
): ConvertedFile[] {
  return files.flatMap((file) => {
    const { version = "" } = file as { readonly version?: string };
    if (versions.get(file.fileName) === version) return [];
    versions.set(file.fileName, version);
    return [
      file.fileName.endsWith(".json") ? readAsData(file.fileName) : translate(compiler, file, { program, options }),
    ];
  });
}

function translate(compiler: TypeScript, file: ts.SourceFile, given: Omit<OwnFiles, "files">): ConvertedFile {
  const { text, fileName } = file;
  const prologue = `require=${guardName}.wrap(require);`;
  const parsed = parseCell(compiler, text, fileName);
  const edits = [
    { at: 0, insert: prologue },
    ...runtimeEdits(compiler, parsed, { meta: `${guardName}.metaOf(__filename)` }),
    ...ownNames(compiler, file, given.program),
  ];
  const compilerOptions = {
    ...runOptions(compiler),
    ...given.options,
    // A script stays one: `module.exports` is its own affair.
    moduleDetection: compiler.ModuleDetectionKind.Legacy,
  };
  // The compiler would leave `.mts` and `.mjs` the ES modules that they are.
  const options = { compilerOptions, fileName: fileName.replace(/\.[mc]([jt]s)$/, ".$1") };
  const { outputText, sourceMapText = "" } = compiler.transpileModule(applyEdits(text, edits).text, options);
  return {
    path: fileName,
    code: text,
    javascript: withoutMapComment(outputText),
    map: sourceMapText,
    edits,
    awaits: someOutsideFunctions(compiler, parsed, (node) => isAwait(compiler, node)),
    imports: parsed.statements.flatMap((statement) => importedModule(compiler, statement)),
  };
}

/** Read when it is imported: it may be large. */
function readAsData(path: string): ConvertedFile {
  const text = 'require("node:fs").readFileSync(__filename, "utf8").replace(/^\\uFEFF/, "")';
  return {
    path,
    code: "",
    javascript: `module.exports = JSON.parse(${text});`,
    map: "",
    edits: [],
    awaits: false,
    imports: [],
  };
}

/** As in cells, but what the file exports keeps its name. Scripts have the `exports` and `require` of CommonJS. */
function ownNames(compiler: TypeScript, file: ts.SourceFile, program: ts.Program): Edit[] {
  // To the compiler every file is a module here; `module.exports` of one that isn't would be taken for a variable
  // called `exports`.
  if (!file.statements.some((one) => isOfModules(compiler, one)) || !mayHaveTakenNames(file.text)) return [];
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(file);
  const exported = new Set(module === undefined ? [] : checker.getExportsOfModule(module));
  return renames(compiler, { file, checker, keeps: (symbol) => exported.has(checker.getExportSymbolOfSymbol(symbol)) });
}

/** An import or an export. */
function isOfModules(compiler: TypeScript, statement: ts.Statement): boolean {
  if (compiler.isImportDeclaration(statement) || compiler.isExportDeclaration(statement)) return true;
  if (compiler.isExportAssignment(statement) || compiler.isImportEqualsDeclaration(statement)) return true;
  const modifiers = compiler.canHaveModifiers(statement) ? (statement.modifiers ?? []) : [];
  return modifiers.some(({ kind }) => kind === compiler.SyntaxKind.ExportKeyword);
}
