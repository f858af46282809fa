import type ts from "typescript";
import type { TypeScript } from "../../guards.js";
import { isPure } from "../../loop-purity.js";
import type { Checked } from "../program/language.js";

/**
 * Whether a cell is over before anybody could interrupt it: it declares, assigns, and computes with primitive values,
 * and runs no other code. Such a cell needs no thread that waits for SIGINT, which takes longer than the cell.
 */
export function isInstant(compiler: TypeScript, { file, program }: Checked): boolean {
  const checker = program.getTypeChecker();
  return file.statements.every(
    (statement) =>
      isForTypesOnly(compiler, statement) || (isPure(compiler, statement, checker) && !holdsLoop(compiler, statement)),
  );
}

/** An export without a module lists names for the type checker. */
function isForTypesOnly(compiler: TypeScript, statement: ts.Statement): boolean {
  if (compiler.isExportDeclaration(statement)) return statement.moduleSpecifier === undefined;
  return compiler.isInterfaceDeclaration(statement) || compiler.isTypeAliasDeclaration(statement);
}

function holdsLoop(compiler: TypeScript, node: ts.Node): boolean {
  if (compiler.isIterationStatement(node, false)) return true;
  return !compiler.isFunctionLike(node) && compiler.forEachChild(node, (child) => holdsLoop(compiler, child)) === true;
}
