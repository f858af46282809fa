import type ts from "typescript";
import type { TypeScript } from "../../../guards.js";
import type { Checked } from "../../program/language.js";

/** What a module exports, by name, if the cursor is between the braces of an import of it. */
export function importedKinds(
  compiler: TypeScript,
  { file, program }: Checked,
  cursor: number,
): ReadonlyMap<string, string> | undefined {
  const statement = file.statements.find(({ pos, end }) => pos <= cursor && cursor <= end);
  if (statement === undefined || !compiler.isImportDeclaration(statement)) return undefined;
  const names = statement.importClause?.namedBindings;
  if (names === undefined || !compiler.isNamedImports(names) || cursor < names.pos || cursor > names.end)
    return undefined;
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(statement.moduleSpecifier);
  if (module === undefined) return undefined;
  const symbols = checker.getExportsOfModule(module);
  return new Map(symbols.map((symbol) => [symbol.name, kindOf(compiler, checker, symbol)]));
}

/** Functions come before classes and other values; types, and the word `type`, come last. */
export function importRank(kind: string | undefined): number {
  return kind === "function" ? 0 : kind === undefined || kind === "type" || kind === "interface" ? 2 : 1;
}

function kindOf(compiler: TypeScript, checker: ts.TypeChecker, symbol: ts.Symbol): string {
  const { SymbolFlags } = compiler;
  const { flags } = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  if (isTypeOnly(compiler, symbol) || !(flags & SymbolFlags.Value))
    return flags & SymbolFlags.Interface ? "interface" : "type";
  if (flags & SymbolFlags.Function) return "function";
  if (flags & SymbolFlags.Class) return "class";
  return flags & SymbolFlags.Variable ? "const" : "module";
}

/** `export type { Name }`: a class that is exported so can't be called. */
function isTypeOnly(compiler: TypeScript, { declarations = [] }: ts.Symbol): boolean {
  return declarations.some(
    (node) => compiler.isExportSpecifier(node) && (node.isTypeOnly || node.parent.parent.isTypeOnly),
  );
}
