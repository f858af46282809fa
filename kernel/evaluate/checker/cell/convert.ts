import type ts from "typescript";
import { withoutMapComment } from "../../../report/places.js";
import { applyEdits } from "../../../report/text-edits.js";
import type { TypeScript } from "../../guards.js";
import { loosenTypes } from "../../loose-types.js";
import type { Checked, Language } from "../program/language.js";
import { runOptions } from "../program/libraries.js";
import { scriptEdits } from "./cell-edits.js";
import type { Conversion } from "./conversion.js";
import { type DeclaredName, type DeclaredNames, isNamespace, membersOf, readNames } from "./declared-names.js";
import { convertFiles, type FileVersions } from "./files.js";
import { describeFileFindings, describeFindings, findingsAbout } from "./findings.js";
import { planLoops } from "./loops.js";
import { meaningIn } from "./meaning.js";
import { isPlainScript } from "./plain-script.js";
import { type CellSyntax, readSyntax } from "./syntax.js";

export interface Converter {
  readonly compiler: TypeScript;
  readonly language: Language;
  readonly files: FileVersions;
}

export interface Earlier {
  readonly names: DeclaredNames;
  /** `textOfNames` of the names. */
  readonly text: string;
  /** See `CellScript.captures`. */
  readonly captures: Set<string>;
}

/** Checks one cell and translates it; what it declares becomes known to later cells only when they are told. */
export function convertCell(converter: Converter, code: string, earlier: Earlier): Conversion {
  const { compiler, language } = converter;
  const syntax = readSyntax(compiler, code, language.cellName);
  const parts = earlierParts(syntax, earlier.names).map((part) => `\n${part}`);
  const text = syntax.text + parts.join("") + exportList(syntax);
  const checked = language.update(text, earlier.text);
  const findings = describeFindings(compiler, findingsAbout(checked, checked.file), code);
  const inFiles = ownFiles(converter, checked).flatMap((file) =>
    describeFileFindings(compiler, findingsAbout(checked, file), checked.program.getCurrentDirectory()),
  );
  const inside = inFiles.filter(({ file }) => file?.startsWith("..") === false);
  if (findings.length + inside.length > 0) return { diagnostics: [...findings, ...inside] };
  const isPlain = isPlainScript(compiler, checked.file);
  const loops = planLoops(compiler, { syntax, checked, earlier });
  // Kept for ever: a function may outlive the cell that declares its name anew, and a cell that fails leaves some.
  for (const one of loops.captures) earlier.captures.add(one);
  const edits = scriptEdits(compiler, { syntax, checked, names: earlier.names, isPlain, loops });
  const files = convertFiles(
    compiler,
    { files: ownFiles(converter, checked), program: checked.program, options: language.options },
    converter.files,
  );
  const declared = declarationsOf(converter, { syntax, checked, text, earlier, parts });
  if (declared.findings.length > 0) return { diagnostics: describeFindings(compiler, declared.findings, code) };
  const edited = applyEdits(syntax.text, edits).text;
  return {
    script: {
      ...(isPlain ? { javascript: edited } : translated(converter, edited)),
      edits,
      awaits: syntax.awaits,
      imports: syntax.imports,
      declares: declared.names,
      captures: [...loops.captures],
      files,
      aliases: [...language.aliases],
    },
  };
}

/** What earlier cells put into namespaces that this one adds to, unless it declares the same anew. */
function earlierParts({ declared, text }: CellSyntax, names: DeclaredNames): string[] {
  const added = new Map(declared.filter(({ kind }) => kind === "namespace").map((one) => [one.name, one]));
  return [...added.values()]
    .flatMap(({ name, start, end }) => {
      const own = text.slice(start, end);
      const isNew = (found: string) => !new RegExp(`(?<![.\\w$])${found.replaceAll("$", "\\$")}(?![\\w$])`).test(own);
      return (names.get(name) ?? []).filter((one) => isNamespace(one) && membersOf(one).every(isNew));
    })
    .map((one) => one.text);
}

/** Everything that the cell declares must be exported to be in its declaration file. */
function exportList({ declared }: CellSyntax): string {
  const names = new Set(declared.filter(({ kind }) => kind !== "using").map(({ name }) => name));
  return names.size === 0 ? "" : `\nexport { ${[...names].join(", ")} };`;
}

/** Files of the user's that the cell imports, directly or not. */
function ownFiles({ language }: Converter, { program }: Checked): ts.SourceFile[] {
  return [...language.reachable(language.cell)].flatMap((path) => {
    const file = program.getSourceFile(path);
    return file === undefined || file.isDeclarationFile ? [] : [file];
  });
}

interface Declared {
  readonly names: readonly DeclaredName[];
  readonly findings: readonly ts.Diagnostic[];
}

interface CheckedCell {
  readonly syntax: CellSyntax;
  readonly checked: Checked;
  readonly text: string;
  readonly earlier: Earlier;
  /** Of the text, what earlier cells have declared. */
  readonly parts: readonly string[];
}

/** What the cell declares; with looser types if only the names of types are in the way. */
function declarationsOf(
  { compiler, language }: Converter,
  { syntax, checked, text, earlier, parts }: CheckedCell,
): Declared {
  const meaningOf = meaningIn(compiler, checked);
  if (syntax.declared.every(({ kind }) => kind === "import")) {
    const isImport = (one: ts.Statement) =>
      compiler.isImportDeclaration(one) || compiler.isImportEqualsDeclaration(one);
    const statements = checked.file.statements.filter(isImport);
    if (statements.length === 0) return { names: [], findings: [] };
    const text = statements.map((statement) => statement.getText(checked.file)).join("\n");
    return { names: readNames(compiler, text, meaningOf), findings: [] };
  }
  let { declarations, findings } = emitDeclarations(checked);
  const places = findings.map(({ code, start = 0 }) => ({ code, offset: start }));
  const edits = loosenTypes(compiler, text, places);
  if (edits !== undefined) {
    const loose = language.update(applyEdits(text, edits).text, earlier.text);
    ({ declarations, findings } = emitDeclarations(loose));
  }
  const ambient = new Set(syntax.declared.filter((one) => one.ambient).map(({ name }) => name));
  for (const { name, ambient: isAmbient } of syntax.declared) if (!isAmbient) ambient.delete(name);
  const names = readNames(compiler, declarations, meaningOf).map((one) => ({
    ...one,
    text: without(one.text, parts),
  }));
  return { findings, names: names.map((one) => (ambient.has(one.name) ? { ...one, ambient: true } : one)) };
}

/** Without what stands at the end of it. */
function without(text: string, parts: readonly string[]): string {
  return parts.reduceRight((rest, part) => (rest.endsWith(part) ? rest.slice(0, -part.length) : rest), text);
}

function emitDeclarations({ program, file }: Checked): { declarations: string; findings: readonly ts.Diagnostic[] } {
  let declarations = "";
  const keep: ts.WriteFileCallback = (name, text) => {
    if (name.endsWith(".d.ts")) declarations = text;
  };
  const { diagnostics } = program.emit(file, keep, undefined, true);
  return { declarations, findings: diagnostics };
}

/** JavaScript with its source map. */
function translated(
  { compiler, language }: Converter,
  text: string,
): { readonly javascript: string; readonly map: string } {
  const options = {
    compilerOptions: { ...runOptions(compiler), ...language.options },
    fileName: language.cellName,
  };
  const { outputText, sourceMapText = "" } = compiler.transpileModule(text, options);
  return { javascript: withoutMapComment(outputText), map: sourceMapText };
}
