import type ts from "typescript";
import type { Edit } from "../report/text-edits.js";
import type { TypeScript } from "./guards.js";

/** Names that the code around a cell's own uses. */
const names = "exports|require|__filename|__dirname";
const taken = new RegExp(`^(?:${names}|\\$cell.*)$`);
const mayBeTaken = new RegExp(`\\b(?:${names})\\b|\\$cell`);
const prefix = "$cell_";

/**
 * The name that a variable of the user's has when its cell runs: its own, unless the code around the cell uses that
 * one.
 */
export function localName(name: string): string {
  return taken.test(name) ? prefix + name : name;
}

/** The name as typed. */
export function typedName(local: string): string {
  return local.startsWith(prefix) ? local.slice(prefix.length) : local;
}

/** Whether a text may hold names that `renames` would change. */
export function mayHaveTakenNames(text: string): boolean {
  return mayBeTaken.test(text);
}

/** `{ a }`, which names a property and reads (or sets) a variable at once. */
export function isShorthand(compiler: TypeScript, node: ts.Identifier): boolean {
  return compiler.isShorthandPropertyAssignment(node.parent) && node.parent.name === node;
}

/** The variable that an identifier stands for, or the property if it is no variable. */
export function symbolOf(compiler: TypeScript, checker: ts.TypeChecker, node: ts.Identifier): ts.Symbol | undefined {
  return isShorthand(compiler, node)
    ? checker.getShorthandAssignmentValueSymbol(node.parent)
    : checker.getSymbolAtLocation(node);
}

interface Named {
  readonly file: ts.SourceFile;
  readonly checker: ts.TypeChecker;
  /** Variables that keep their name all the same. */
  readonly keeps?: (symbol: ts.Symbol) => boolean;
}

/**
 * Gives the user's own `exports`, `require`, and the like (parameters, variables, functions, imports and so on,
 * wherever they are declared) names that hide nothing: `exports.a`, which a name of an earlier cell becomes, would
 * otherwise be looked up in them. A parameter that is a property as well keeps its name.
 */
export function renames(compiler: TypeScript, { file, checker, keeps }: Named): Edit[] {
  const edits: Edit[] = [];
  const isOwn = (symbol: ts.Symbol | undefined): boolean =>
    symbol !== undefined && isVariableOf(compiler, file, symbol) && keeps?.(symbol) !== true;
  const visit = (node: ts.Node): void => {
    if (compiler.isExportDeclaration(node)) return;
    if (compiler.isIdentifier(node) && taken.test(node.text)) {
      const at = node.getStart(file);
      const insert = keyBefore(compiler, node) + localName(node.text);
      if (isOwn(symbolOf(compiler, checker, node))) edits.push({ at, remove: node.end - at, insert, own: true });
    }
    compiler.forEachChild(node, visit);
  };
  visit(file);
  return edits;
}

/** `{ exports }`, `{ exports } = …`, and `import { exports }` name a property and a variable at once. */
function keyBefore(compiler: TypeScript, node: ts.Identifier): string {
  const { parent, text } = node;
  if (isShorthand(compiler, node)) return `${text}: `;
  if (compiler.isBindingElement(parent)) {
    const isKey = compiler.isObjectBindingPattern(parent.parent) && parent.dotDotDotToken === undefined;
    return isKey && parent.propertyName === undefined ? `${text}: ` : "";
  }
  return compiler.isImportSpecifier(parent) && parent.propertyName === undefined ? `${text} as ` : "";
}

function isVariableOf(compiler: TypeScript, file: ts.SourceFile, symbol: ts.Symbol): boolean {
  const { Variable, Function: OfFunction, Class, Enum, Module, Alias } = compiler.SymbolFlags;
  if ((symbol.flags & (Variable | OfFunction | Class | Enum | Module | Alias)) === 0) return false;
  const declarations = symbol.declarations ?? [];
  return (
    declarations.length > 0 &&
    declarations.every(
      (one) =>
        one.getSourceFile() === file &&
        !compiler.isSourceFile(one) &&
        !(compiler.isParameter(one) && compiler.isParameterPropertyDeclaration(one, one.parent)),
    ) &&
    // What earlier cells put into a namespace is only declared.
    declarations.some((one) => (compiler.getCombinedModifierFlags(one) & compiler.ModifierFlags.Ambient) === 0)
  );
}
