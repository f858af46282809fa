import type ts from "typescript";
import { flagName, guardName, type TypeScript } from "../guards.js";
import { withoutMapComment } from "../map-comment.js";
import { applyEdits } from "../text-edits.js";
import { runOptions } from "./libraries.js";
import type { ConvertedFile } from "./requests.js";
import { parseCell, runtimeEdits } from "./syntax.js";

/** Versions of the user's files that have been converted, by path. */
export type FileVersions = Map<string, string>;

/** Translates those of the files that are new or have changed. */
export function convertFiles(
  compiler: TypeScript,
  files: readonly ts.SourceFile[],
  versions: FileVersions,
): ConvertedFile[] {
  return files.flatMap((file) => {
    const { version = "" } = file as { readonly version?: string };
    if (file.fileName.endsWith(".json") || versions.get(file.fileName) === version) return [];
    versions.set(file.fileName, version);
    return [translate(compiler, file)];
  });
}

function translate(compiler: TypeScript, { text, fileName }: ts.SourceFile): ConvertedFile {
  const prologue = `require=${guardName}.wrap(require);const ${flagName}=${guardName}.flag;`;
  const edits = [{ at: 0, insert: prologue }, ...runtimeEdits(compiler, parseCell(compiler, text, fileName))];
  const compilerOptions = {
    ...runOptions(compiler),
    // A script stays one: `module.exports` is its own affair.
    moduleDetection: compiler.ModuleDetectionKind.Legacy,
  };
  const options = { compilerOptions, fileName };
  const { outputText, sourceMapText = "" } = compiler.transpileModule(applyEdits(text, edits).text, options);
  return { path: fileName, code: text, javascript: withoutMapComment(outputText), map: sourceMapText, edits };
}
