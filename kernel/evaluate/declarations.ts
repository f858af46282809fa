import type ts from "typescript";
import type { TypeScript } from "./rewrite.js";

/**
 * What the next cells may know after a cell failed half-way: types, functions and imports, and of the variables and classes those that got a value.
 * `declarations` is the text of a declaration file.
 */
export function aliveDeclarations(
  compiler: TypeScript,
  declarations: string,
  isAlive: (name: string) => boolean,
): string {
  const file = compiler.createSourceFile("cell.d.ts", declarations, compiler.ScriptTarget.Latest, true);
  return file.statements.flatMap((statement) => aliveStatement(compiler, statement, isAlive)).join("\n");
}

function aliveStatement(
  compiler: TypeScript,
  statement: ts.Statement,
  isAlive: (name: string) => boolean,
): string | string[] {
  if (compiler.isClassDeclaration(statement) || compiler.isEnumDeclaration(statement))
    return statement.name !== undefined && isAlive(statement.name.text) ? statement.getFullText() : [];
  if (!compiler.isVariableStatement(statement)) return statement.getFullText();
  const { declarations, flags } = statement.declarationList;
  const kept = declarations.filter(({ name }) => compiler.isIdentifier(name) && isAlive(name.text));
  const keyword = (flags & compiler.NodeFlags.Const) !== 0 ? "const" : "let";
  return kept.map((declaration) => `declare ${keyword} ${declaration.getText()};`);
}
