import type ts from "typescript";
import type { Edit } from "../report/text-edits.js";
import { boundNames, type TypeScript } from "./guards.js";

/**
 * Declarations with `var` that stand in blocks and loops of a cell, outside of functions. They declare variables of the
 * cell as much as those at its top level do.
 */
export function nestedVariables(compiler: TypeScript, statement: ts.Statement): ts.VariableDeclarationList[] {
  const found: ts.VariableDeclarationList[] = [];
  const visit = (node: ts.Node): void => {
    if (ownsVariables(compiler, node)) return;
    if (compiler.isVariableDeclarationList(node) && isVar(compiler, node)) found.push(node);
    compiler.forEachChild(node, visit);
  };
  // Most cells have none, and every cell is asked.
  const mayHave = !compiler.isVariableStatement(statement) && /\bvar\b/.test(statement.getText());
  if (mayHave) visit(statement);
  return found;
}

/** Names that `nestedVariables` declare; the type of one may be left to what is assigned to it. */
export function nestedNames(compiler: TypeScript, statement: ts.Statement): { name: string; isTyped: boolean }[] {
  return nestedVariables(compiler, statement).flatMap(({ declarations, parent }) =>
    declarations.flatMap(({ name, type, initializer }) => {
      const isTyped = (type ?? initializer) !== undefined || !compiler.isVariableStatement(parent);
      return boundNames(compiler, name).map((bound) => ({ name: bound, isTyped }));
    }),
  );
}

const typePrefix = "$typeOf_";

/** Text behind a cell that puts the type of such a variable into its declaration file. */
export function nestedTypeText(name: string, isTyped: boolean): string {
  return `\nexport function ${typePrefix}${name}()${isTyped ? "" : ": any"} { return ${name}; }`;
}

/** The variable that such a function of a declaration file stands for. */
export function nestedTypeOf({ name, type }: ts.FunctionDeclaration): { name: string; text: string } | undefined {
  if (name?.text.startsWith(typePrefix) !== true) return undefined;
  const variable = name.text.slice(typePrefix.length);
  return { name: variable, text: `declare let ${variable}: ${type?.getText() ?? "any"};` };
}

/**
 * Turns such declarations into assignments: `var a: number = 1, { b } = c` → `0,a = 1, { b } = c`. The compiler would
 * leave a second variable in their place, which nobody else sees. A number begins a statement of its own also behind a
 * line without a semicolon.
 */
export function nestedVariableEdits(compiler: TypeScript, file: ts.SourceFile): Edit[] {
  return file.statements.flatMap((statement) =>
    nestedVariables(compiler, statement).flatMap((list) => {
      const isHead = compiler.isForInStatement(list.parent) || compiler.isForOfStatement(list.parent);
      const keyword = { at: list.getStart(file), remove: "var".length, insert: isHead ? "" : "0,", own: true } as const;
      return [keyword, ...list.declarations.flatMap(withoutType)];
    }),
  );
}

function withoutType({ name: { end }, exclamationToken, type }: ts.VariableDeclaration): Edit[] {
  const typeEnd = (type ?? exclamationToken)?.end ?? end;
  return typeEnd === end ? [] : [{ at: end, remove: typeEnd - end, insert: "", own: true }];
}

function isVar(compiler: TypeScript, { flags }: ts.VariableDeclarationList): boolean {
  const { Let, Const, Using } = compiler.NodeFlags;
  return (flags & (Let | Const | (Using ?? 0))) === 0;
}

/** Whether a `var` inside belongs to the node. */
function ownsVariables(compiler: TypeScript, node: ts.Node): boolean {
  return (
    compiler.isFunctionLike(node) ||
    compiler.isClassStaticBlockDeclaration(node) ||
    compiler.isPropertyDeclaration(node) ||
    compiler.isModuleDeclaration(node)
  );
}
