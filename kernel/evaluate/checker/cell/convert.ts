import type ts from "typescript";
import { withoutMapComment } from "../../../report/places.js";
import { applyEdits } from "../../../report/text-edits.js";
import type { TypeScript } from "../../guards.js";
import { loosenTypes } from "../../loose-types.js";
import { nestedTypeText } from "../../nested-variables.js";
import type { Checked, Language } from "../program/language.js";
import { runOptions } from "../program/libraries.js";
import { scriptEdits } from "./cell-edits.js";
import type { Conversion } from "./conversion.js";
import { type DeclaredName, type DeclaredNames, readNames } from "./declared-names.js";
import { convertFiles, type FileVersions } from "./files.js";
import { describeFileFindings, describeFindings, findingsAbout } from "./findings.js";
import { isInstant } from "./instant.js";
import { planLoops } from "./loops.js";
import { meaningIn } from "./meaning.js";
import { type Continued, continuedNamespaces } from "./namespaces.js";
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

/** Checks one cell and translates it. Later cells know its declarations once a `declare` request brings them. */
export function convertCell(converter: Converter, code: string, earlier: Earlier): Conversion {
  const { compiler, language } = converter;
  const syntax = readSyntax(compiler, code, language.cellName);
  const continued = continuedNamespaces(compiler, syntax, earlier.names);
  const text = [syntax.text, ...continued.map((one) => one.text)].join("\n") + exportList(syntax);
  const checked = language.update(text, earlier.text);
  const about = findingsAbout(checked, checked.file).filter((one) => !isAboutOrder(one, syntax.text.length));
  const findings = describeFindings(compiler, about, code);
  const inFiles = ownFiles(converter, checked).flatMap((file) =>
    describeFileFindings(compiler, findingsAbout(checked, file), checked.program.getCurrentDirectory()),
  );
  const inside = inFiles.filter(({ file }) => file?.startsWith("..") === false);
  if (findings.length + inside.length > 0) return { diagnostics: [...findings, ...inside] };
  const isPlain = syntax.declared.every(({ nested }) => nested === undefined) && isPlainScript(compiler, checked.file);
  const loops = planLoops(compiler, { syntax, checked, earlier });
  // Kept for ever: a function may outlive the cell that declares its name anew, and a cell that fails leaves some.
  for (const one of loops.captures) earlier.captures.add(one);
  const edits = scriptEdits(compiler, { syntax, checked, names: earlier.names, continued, isPlain, loops });
  const files = convertFiles(
    compiler,
    { files: ownFiles(converter, checked), program: checked.program, options: language.options },
    converter.files,
  );
  const declared = declarationsOf(converter, { syntax, checked, text, earlier, continued });
  if (declared.findings.length > 0) return { diagnostics: describeFindings(compiler, declared.findings, code) };
  const edited = applyEdits(syntax.text, edits).text;
  return {
    script: {
      ...(isPlain ? { javascript: edited } : translated(converter, edited)),
      edits,
      awaits: syntax.awaits,
      isInstant: isInstant(compiler, checked),
      imports: syntax.imports,
      declares: declared.names,
      captures: [...loops.captures],
      files,
      aliases: [...language.aliases],
    },
  };
}

/** "Used before its initialization" of what earlier cells have declared, which stands behind the cell's text. */
function isAboutOrder(finding: ts.Diagnostic, length: number): boolean {
  const { code, file, relatedInformation = [] } = finding;
  return code === 2729 && relatedInformation.some((one) => one.file === file && (one.start ?? 0) >= length);
}

/** Everything that the cell declares must be exported to be in its declaration file. */
function exportList({ declared }: CellSyntax): string {
  const stated = declared.filter(({ kind, nested }) => kind !== "using" && nested === undefined);
  const names = new Set(stated.map(({ name }) => name));
  const list = names.size === 0 ? "" : `\nexport { ${[...names].join(", ")} };`;
  const nested = new Map<string, string>();
  for (const { name, nested: found } of declared)
    if (found !== undefined && !names.has(name) && !nested.has(name))
      nested.set(name, nestedTypeText(name, found.isTyped));
  return list + [...nested.values()].join("");
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
  readonly continued: readonly Continued[];
}

/** What the cell declares; with looser types if only the names of types are in the way. */
function declarationsOf(
  { compiler, language }: Converter,
  { syntax, checked, text, earlier, continued }: CheckedCell,
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
  // They extend a namespace that exists.
  for (const { name, hasValue } of continued) if (hasValue) ambient.delete(name);
  const names = readNames(compiler, declarations, meaningOf);
  return { findings, names: names.map((one) => (ambient.has(one.name) ? { ...one, ambient: true } : one)) };
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
