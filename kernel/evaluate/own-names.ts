import type ts from "typescript";
import type { TypeScript } from "./guards.js";
import type { Edit } from "./text-edits.js";

/** Names that the code around a cell's own uses. */
const taken = /^(?:exports|require|__filename|__dirname|\$cell.*)$/;
const prefix = "$cell_";

/** The name that a variable of the user's has when its cell runs: its own, unless the code around the cell uses that one. */
export function localName(name: string): string {
  return taken.test(name) ? prefix + name : name;
}

/** The name as typed. */
export function typedName(local: string): string {
  return local.startsWith(prefix) ? local.slice(prefix.length) : local;
}

/** Whether a text may hold names that `renames` would change. */
export function mayHaveTakenNames(text: string): boolean {
  return /\b(?:exports|require|__filename|__dirname)\b|\$cell/.test(text);
}

interface Named {
  readonly file: ts.SourceFile;
  readonly checker: ts.TypeChecker;
  /** Variables that keep their name all the same. */
  readonly keeps?: (symbol: ts.Symbol) => boolean;
}

/**
 * Gives the user's own `exports`, `require` and the like (parameters, variables, functions, imports and so on, wherever they are declared) names that hide
 * nothing: `exports.a`, which a name of an earlier cell becomes, would otherwise be looked up in them. A parameter that is a property as well keeps its name.
 */
export function renames(compiler: TypeScript, { file, checker, keeps }: Named): Edit[] {
  const edits: Edit[] = [];
  const isOwn = (symbol: ts.Symbol | undefined): boolean =>
    symbol !== undefined && isVariableOf(compiler, file, symbol) && keeps?.(symbol) !== true;
  const visit = (node: ts.Node): void => {
    if (compiler.isExportDeclaration(node)) return;
    if (compiler.isIdentifier(node) && taken.test(node.text)) {
      const { parent, text } = node;
      const isShorthand = compiler.isShorthandPropertyAssignment(parent) && parent.name === node;
      const symbol = isShorthand
        ? checker.getShorthandAssignmentValueSymbol(parent)
        : checker.getSymbolAtLocation(node);
      const at = node.getStart(file);
      const insert = (isShorthand ? `${text}: ` : keyBefore(compiler, node)) + localName(text);
      if (isOwn(symbol)) edits.push({ at, remove: node.end - at, insert, own: true });
    }
    compiler.forEachChild(node, visit);
  };
  visit(file);
  return edits;
}

/** `{ exports } = …` and `import { exports }` name a property and a variable at once. */
function keyBefore(compiler: TypeScript, { parent, text }: ts.Identifier): string {
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
        !(compiler.isParameter(one) && compiler.isParameterPropertyDeclaration(one, one.parent)) &&
        (compiler.getCombinedModifierFlags(one) & compiler.ModifierFlags.Ambient) === 0,
    )
  );
}
