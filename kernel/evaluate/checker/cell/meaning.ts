import type ts from "typescript";
import type { TypeScript } from "../../guards.js";
import type { Checked } from "../program/language.js";
import type { Meaning } from "./declared-names.js";

/** Names that a module declares at its top level. The compiler has them, but not in its public types. */
export function topLevelNames(file: ts.SourceFile): ts.SymbolTable {
  return (file as { readonly locals?: ts.SymbolTable }).locals ?? new Map();
}

/** Whether a name of the cell is a value or a type; of what can't be found, both. */
export function meaningIn(compiler: TypeScript, { program, file }: Checked): Meaning {
  const checker = program.getTypeChecker();
  const names = topLevelNames(file);
  return (name) => {
    const symbol = names.get(compiler.escapeLeadingUnderscores(name));
    if (symbol === undefined) return { value: true, type: true };
    const isAlias = (symbol.flags & compiler.SymbolFlags.Alias) !== 0;
    const { flags } = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
    const value = (flags & compiler.SymbolFlags.Value) !== 0;
    const type = (flags & (compiler.SymbolFlags.Type | compiler.SymbolFlags.Namespace)) !== 0;
    if (!value && !type) return { value: true, type: true };
    return { value: value && !isTypeOnly(compiler, symbol), type };
  };
}

function isTypeOnly(compiler: TypeScript, symbol: ts.Symbol): boolean {
  return symbol.declarations?.some((declaration) => compiler.isTypeOnlyImportDeclaration(declaration)) === true;
}
