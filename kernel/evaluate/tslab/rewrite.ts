import type ts from "typescript";
import { applyEdits, type Edit, type EditedText } from "../../report/text-edits.js";
import { boundNames, guardEdits, guardName, isAwait, someOutsideFunctions, type TypeScript } from "../guards.js";
import { renameNested } from "./nested-names.js";

export interface FixedCell extends EditedText {
  /** The cell awaits outside of any function. (The converter misses `for await` and forms such as `await (f())`.) */
  readonly awaits: boolean;
  /**
   * Offsets, in the cell as typed, of awaits in methods that aren't async: the converter takes them for top-level ones.
   */
  readonly misplacedAwaits: readonly number[];
  /** Modules that the cell imports statically. */
  readonly imports: readonly string[];
}

/**
 * Rewrites what tslab's converter gets wrong about names of earlier cells: it prints `{ data }` as it is (nobody then
 * knows `data`) and replaces the `data` in `{ data: d } = …` by `exports.data`. Quoted or doubled names are left alone.
 * `export` before declarations is dropped.
 */
export function fixCell(compiler: TypeScript, code: string): FixedCell {
  const renamed = renameNested(compiler, code);
  const file = parseModule(compiler, renamed.text, compiler.ScriptKind.TS);
  const edits: Edit[] = [];
  const misplacedAwaits: number[] = [];
  const visit = (node: ts.Node): void => {
    const edit = fixOf(compiler, file, node);
    if (edit !== undefined) edits.push(edit);
    if (isMisplacedAwait(compiler, node)) misplacedAwaits.push(renamed.toOriginal(node.getStart(file)));
    compiler.forEachChild(node, visit);
  };
  visit(file);
  const fixed = applyEdits(renamed.text, edits);
  return {
    original: code,
    text: fixed.text,
    toOriginal: (offset) => renamed.toOriginal(fixed.toOriginal(offset)),
    isInserted: (offset) => fixed.isInserted(offset),
    awaits: someOutsideFunctions(compiler, file, (node) => isAwait(compiler, node)),
    misplacedAwaits,
    imports: file.statements.flatMap((statement) => importedModule(compiler, statement)),
  };
}

const suffix = "\nexport {};";

/**
 * Parses text as a module, as the converter does: only there `await (x)` is an await and not a call of a function of
 * that name.
 */
function parseModule(compiler: TypeScript, text: string, kind: ts.ScriptKind): ts.SourceFile {
  return compiler.createSourceFile("cell.ts", text + suffix, compiler.ScriptTarget.Latest, true, kind);
}

function fixOf(compiler: TypeScript, file: ts.SourceFile, node: ts.Node): Edit | undefined {
  if (compiler.isShorthandPropertyAssignment(node)) {
    const name = node.name.text;
    const key = isAssignmentPattern(compiler, node.parent) ? JSON.stringify(name) : name;
    return { at: node.name.getStart(file), insert: `${key}: ` };
  }
  const key =
    compiler.isBindingElement(node) && node.propertyName !== undefined && compiler.isIdentifier(node.propertyName)
      ? node.propertyName
      : compiler.isPropertyAssignment(node) &&
          compiler.isIdentifier(node.name) &&
          isAssignmentPattern(compiler, node.parent)
        ? node.name
        : undefined;
  if (key !== undefined) {
    const at = key.getStart(file);
    return { at, remove: key.end - at, insert: JSON.stringify(key.text) };
  }
  return exportFix(compiler, file, node);
}

/**
 * Nobody imports a cell: `export` before declarations goes, as do export lists; `export default x` is the expression x.
 */
function exportFix(compiler: TypeScript, file: ts.SourceFile, node: ts.Node): Edit | undefined {
  const at = node.getStart(file);
  const { ExportKeyword, DefaultKeyword } = compiler.SyntaxKind;
  if (compiler.isExportAssignment(node) && node.isExportEquals !== true)
    return { at, remove: node.expression.getStart(file) - at, insert: ";" };
  if (compiler.isExportDeclaration(node) && node.moduleSpecifier === undefined && node.end <= file.end - suffix.length)
    return { at, remove: node.end - at, insert: "" };
  if (node.kind !== ExportKeyword && node.kind !== DefaultKeyword) return undefined;
  const owner = node.parent;
  if (!compiler.isSourceFile(owner.parent) || !compiler.canHaveModifiers(owner)) return undefined;
  const isNamed = !("name" in owner) || owner.name !== undefined;
  const isDeclaration = !compiler.isExportAssignment(owner) && !compiler.isImportEqualsDeclaration(owner);
  return isNamed && isDeclaration ? { at, remove: node.end - at, insert: "" } : undefined;
}

/**
 * True if an object or array literal is written to rather than read: `({ a } = …)`, `for ({ a } of …)`, also nested in
 * another one.
 */
function isAssignmentPattern(compiler: TypeScript, literal: ts.Node): boolean {
  const parent = literal.parent;
  if (compiler.isParenthesizedExpression(parent)) return isAssignmentPattern(compiler, parent);
  if (compiler.isBinaryExpression(parent))
    return parent.operatorToken.kind === compiler.SyntaxKind.EqualsToken && parent.left === literal;
  if (compiler.isForOfStatement(parent) || compiler.isForInStatement(parent)) return parent.initializer === literal;
  if (compiler.isPropertyAssignment(parent)) return isAssignmentPattern(compiler, parent.parent);
  if (compiler.isArrayLiteralExpression(parent)) return isAssignmentPattern(compiler, parent);
  if (compiler.isSpreadAssignment(parent) || compiler.isSpreadElement(parent))
    return isAssignmentPattern(compiler, parent.parent);
  return false;
}

function importedModule(compiler: TypeScript, statement: ts.Statement): string[] {
  if (!compiler.isImportDeclaration(statement) || statement.importClause?.isTypeOnly === true) return [];
  return compiler.isStringLiteral(statement.moduleSpecifier) ? [statement.moduleSpecifier.text] : [];
}

function isMisplacedAwait(compiler: TypeScript, node: ts.Node): boolean {
  if (!isAwait(compiler, node)) return false;
  const owner = compiler.findAncestor(node, compiler.isFunctionLike);
  if (owner === undefined || !compiler.canHaveModifiers(owner)) return false;
  return !owner.modifiers?.some((modifier) => modifier.kind === compiler.SyntaxKind.AsyncKeyword);
}

/** Makes JavaScript that was made of a file of the user's interruptible. */
export function guardCode(compiler: TypeScript, javascript: string): EditedText {
  const edits = guardEdits(compiler, parseModule(compiler, javascript, compiler.ScriptKind.JS));
  return applyEdits(javascript, edits);
}

/**
 * Guards a cell and lets it keep its variables in the plain object `$cellGuard.locals`: the executor's own is a proxy,
 * which makes
 * `for (…) sum += i` at the top level of a cell 100 times slower.
 */
export function guardCell(compiler: TypeScript, javascript: string): EditedText {
  const edits = guardEdits(compiler, parseModule(compiler, javascript, compiler.ScriptKind.JS));
  for (const { index } of javascript.matchAll(/^Object\.defineProperty(?=\(exports, ")/gm))
    edits.push({ at: index ?? 0, remove: "Object.defineProperty".length, insert: `${guardName}.define` });
  return applyEdits(javascript, [{ at: 0, insert: `exports=${guardName}.locals;` }, ...edits]);
}

/**
 * Lets functions see what later cells assign to a variable of theirs: `let a = 1; … export { a }` becomes `export let a
 * = 1`, so that every use is one of `exports.a`. Works on the module that the converter made of a cell. Constants stay
 * as they are: they can't be assigned, only declared anew.
 */
export function liveVariables(compiler: TypeScript, module: string): EditedText {
  const file = compiler.createSourceFile("cell.js", module, compiler.ScriptTarget.Latest, true, compiler.ScriptKind.JS);
  const list = file.statements.findLast(compiler.isExportDeclaration)?.exportClause;
  if (list === undefined || !compiler.isNamedExports(list)) return applyEdits(module, []);
  const names = new Set(list.elements.filter((one) => one.propertyName === undefined).map(({ name }) => name.text));
  const edits: Edit[] = [];
  const moved = new Set<string>();
  for (const statement of file.statements) {
    if (!compiler.isVariableStatement(statement) || statement.modifiers !== undefined) continue;
    const { declarationList } = statement;
    if ((declarationList.flags & compiler.NodeFlags.Const) !== 0) continue;
    const declared = declarationList.declarations.flatMap(({ name }) => boundNames(compiler, name));
    if (!declared.every((name) => names.has(name))) continue;
    for (const name of declared) moved.add(name);
    edits.push({ at: statement.getStart(file), insert: "export " });
  }
  const left = list.elements.filter(({ name }) => !moved.has(name.text)).map((one) => one.getText(file));
  const at = list.getStart(file);
  return applyEdits(module, [...edits, { at, remove: list.end - at, insert: `{ ${left.join(", ")} }` }]);
}
