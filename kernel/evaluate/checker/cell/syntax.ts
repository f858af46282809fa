import type ts from "typescript";
import type { Edit } from "../../../report/text-edits.js";
import { boundNames, guardEdits, guardName, isAwait, someOutsideFunctions, type TypeScript } from "../../guards.js";
import { cellLoopGuards, type LoopFrames } from "../../loop-guards.js";
import { nestedNames } from "../../nested-variables.js";

/** What the text of a cell shows without types. All offsets are those of the cell as typed. */
export interface CellSyntax {
  /** The cell with `export` blanked out, so that everything else stands where it stood. */
  readonly text: string;
  /** Names that the cell declares at its top level, in the order of their first appearance. */
  readonly declared: readonly Declared[];
  /** Modules that the cell imports statically. */
  readonly imports: readonly string[];
  /** The cell awaits outside of any function. */
  readonly awaits: boolean;
  /** Interrupts and modules; see `runtimeEdits`. */
  edits(frames: LoopFrames): readonly Edit[];
  /** The last expression of the cell. */
  readonly last?: { readonly start: number; readonly end: number };
}

export interface Declared {
  readonly name: string;
  readonly kind: "const" | "let" | "using" | "function" | "class" | "enum" | "namespace" | "import" | "type";
  /** Only declared (`declare const x`): nothing of it exists when the cell runs. */
  readonly ambient: boolean;
  /** See `nestedNames`. */
  readonly nested?: { readonly isTyped: boolean };
  /** Offsets of the statement that declares it. */
  readonly start: number;
  readonly end: number;
}

export function readSyntax(compiler: TypeScript, typed: string, name?: string): CellSyntax {
  // The first line of a script that was pasted.
  const code = typed.replace(/^#!/, "//");
  const file = parseCell(compiler, code, name);
  const blanks = file.statements.flatMap((statement) => exportBlanks(compiler, file, statement));
  const last = file.statements.findLast((one) => !isOnlyExport(compiler, one) && !compiler.isEmptyStatement(one));
  const isExpression = last !== undefined && (compiler.isExpressionStatement(last) || isExportedValue(compiler, last));
  const expression = isExpression ? (last as ts.ExpressionStatement | ts.ExportAssignment).expression : undefined;
  return {
    text: blanked(code, blanks),
    declared: file.statements.flatMap((statement) => [
      ...declaredBy(compiler, file, statement),
      ...nestedIn(compiler, file, statement),
    ]),
    imports: file.statements.flatMap((statement) => importedModule(compiler, statement)),
    awaits: someOutsideFunctions(compiler, file, (node) => isAwait(compiler, node)),
    edits: (frames) => runtimeEdits(compiler, file, { frames }),
    ...(expression === undefined ? {} : { last: { start: expression.getStart(file), end: expression.end } }),
  };
}

/**
 * Parses text as a module, as the type checker does: only there `await (x)` is an await and not a call of a function of
 * that name.
 */
export function parseCell(compiler: TypeScript, text: string, name = "cell.ts"): ts.SourceFile {
  const options: ts.CreateSourceFileOptions = {
    languageVersion: compiler.ScriptTarget.Latest,
    setExternalModuleIndicator(file) {
      (file as { externalModuleIndicator?: unknown }).externalModuleIndicator = true;
    },
  };
  return compiler.createSourceFile(name, text, options, true);
}

/**
 * What code needs when it runs, whatever its types: guards for interrupts; `import(x)` through the guard object.
 * @param options.meta what `import.meta` becomes
 * @param options.frames see `guardEdits`
 */
export function runtimeEdits(
  compiler: TypeScript,
  file: ts.SourceFile,
  { meta = `${guardName}.meta`, frames }: { readonly meta?: string; readonly frames?: LoopFrames },
): Edit[] {
  const edits: Edit[] = [];
  const { ImportKeyword } = compiler.SyntaxKind;
  const visit = (node: ts.Node): void => {
    if (compiler.isMetaProperty(node) && node.keywordToken === ImportKeyword)
      edits.push({
        at: node.getStart(file),
        remove: node.end - node.getStart(file),
        insert: meta,
        own: true,
      });
    if (compiler.isCallExpression(node) && node.expression.kind === ImportKeyword) {
      const at = node.expression.getStart(file);
      const [first] = node.arguments;
      edits.push({ at, remove: node.expression.end - at, insert: `${guardName}.load`, own: true });
      if (first !== undefined) edits.push({ at: first.getStart(file), insert: "require," });
    }
    compiler.forEachChild(node, visit);
  };
  visit(file);
  // The argument of an import may begin with an await: `require,` stands before its guard.
  const guard = frames === undefined ? undefined : cellLoopGuards(compiler, frames);
  return [...edits, ...guardEdits(compiler, file, guard)];
}

interface Blank {
  readonly start: number;
  readonly end: number;
  /** Put at the start of the blank. */
  readonly text?: string;
}

/**
 * Nobody imports a cell: `export` before declarations goes, as do export lists; `export default x` is the expression x.
 */
function exportBlanks(compiler: TypeScript, file: ts.SourceFile, statement: ts.Statement): Blank[] {
  const start = statement.getStart(file);
  if (isExportedValue(compiler, statement))
    return [{ start, end: (statement as ts.ExportAssignment).expression.getStart(file), text: ";" }];
  if (isOnlyExport(compiler, statement)) return [{ start, end: statement.end }];
  if (!compiler.canHaveModifiers(statement)) return [];
  if ("name" in statement && statement.name === undefined) return [];
  const { ExportKeyword, DefaultKeyword } = compiler.SyntaxKind;
  return (statement.modifiers ?? [])
    .filter(({ kind }) => kind === ExportKeyword || kind === DefaultKeyword)
    .map((modifier) => ({ start: modifier.getStart(file), end: modifier.end }));
}

function isExportedValue(compiler: TypeScript, statement: ts.Statement): boolean {
  return compiler.isExportAssignment(statement) && statement.isExportEquals !== true;
}

function isOnlyExport(compiler: TypeScript, statement: ts.Statement): boolean {
  return compiler.isExportDeclaration(statement) && statement.moduleSpecifier === undefined;
}

function blanked(code: string, blanks: readonly Blank[]): string {
  let text = code;
  for (const { start, end, text: put = "" } of blanks)
    text = text.slice(0, start) + put + text.slice(start + put.length, end).replace(/[^\r\n]/g, " ") + text.slice(end);
  return text;
}

function declaredBy(compiler: TypeScript, file: ts.SourceFile, statement: ts.Statement): Declared[] {
  const modifiers = compiler.canHaveModifiers(statement) ? (statement.modifiers ?? []) : [];
  const isDeclared = modifiers.some(({ kind }) => kind === compiler.SyntaxKind.DeclareKeyword);
  const at = { start: statement.getStart(file), end: statement.end };
  const named = (kind: Declared["kind"], names: readonly string[], ambient = isDeclared): Declared[] =>
    names.map((name) => ({ name, kind, ambient, ...at }));
  if (compiler.isVariableStatement(statement)) {
    const { declarationList: list } = statement;
    return named(
      variableKind(compiler, list),
      list.declarations.flatMap(({ name }) => boundNames(compiler, name)),
    );
  }
  if (compiler.isImportDeclaration(statement)) return named("import", importedNames(compiler, statement.importClause));
  if (compiler.isImportEqualsDeclaration(statement)) return named("import", [statement.name.text]);
  if (compiler.isFunctionDeclaration(statement) && statement.name !== undefined)
    return named("function", [statement.name.text], isDeclared || statement.body === undefined);
  if (compiler.isClassDeclaration(statement) && statement.name !== undefined)
    return named("class", [statement.name.text]);
  if (compiler.isEnumDeclaration(statement)) return named("enum", [statement.name.text]);
  if (compiler.isModuleDeclaration(statement)) return named("namespace", namespaceNames(compiler, statement));
  if (compiler.isInterfaceDeclaration(statement) || compiler.isTypeAliasDeclaration(statement))
    return named("type", [statement.name.text]);
  return [];
}

function nestedIn(compiler: TypeScript, file: ts.SourceFile, statement: ts.Statement): Declared[] {
  const at = { start: statement.getStart(file), end: statement.end };
  return nestedNames(compiler, statement).map(({ name, isTyped }) => {
    return { name, kind: "let", ambient: false, nested: { isTyped }, ...at };
  });
}

function variableKind(compiler: TypeScript, { flags }: ts.VariableDeclarationList): Declared["kind"] {
  const { Using, Const } = compiler.NodeFlags;
  if ((flags & Using) !== 0) return "using";
  return (flags & Const) !== 0 ? "const" : "let";
}

/** Not `declare module "name"` and `declare global`. */
function namespaceNames(compiler: TypeScript, { name, flags }: ts.ModuleDeclaration): string[] {
  const isGlobal = (flags & compiler.NodeFlags.GlobalAugmentation) !== 0;
  return compiler.isIdentifier(name) && !isGlobal ? [name.text] : [];
}

/** Names that an import statement brings. */
export function importedNames(compiler: TypeScript, clause: ts.ImportClause | undefined): string[] {
  const bindings = clause?.namedBindings;
  const own = clause?.name === undefined ? [] : [clause.name.text];
  if (bindings === undefined) return own;
  if (compiler.isNamespaceImport(bindings)) return [...own, bindings.name.text];
  return [...own, ...bindings.elements.map(({ name }) => name.text)];
}

/** The module that an import, or an export from elsewhere, loads. */
export function importedModule(compiler: TypeScript, statement: ts.Statement): string[] {
  const isImport = compiler.isImportDeclaration(statement) && statement.importClause?.isTypeOnly !== true;
  if (!isImport && !(compiler.isExportDeclaration(statement) && !statement.isTypeOnly)) return [];
  const { moduleSpecifier } = statement as ts.ImportDeclaration | ts.ExportDeclaration;
  return moduleSpecifier !== undefined && compiler.isStringLiteral(moduleSpecifier) ? [moduleSpecifier.text] : [];
}
