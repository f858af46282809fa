import type ts from "typescript";
import type { TypeScript } from "./guards.js";
import { isAssigned } from "./loop-body.js";

/** What is put around an assignment. */
export interface Wrap {
  readonly before: string;
  readonly after: string;
}

export interface Assignment {
  /** The assignment, `a++`, or declaration with `var` as a whole. */
  readonly node: ts.Expression | ts.VariableDeclaration;
  /** What follows it: `put` keeps the new value; undefined if no place for it is known. */
  wrap(put: string): Wrap | undefined;
}

/** Name of the value that `a++` had before, where that is used. */
export const oldName = "$cellOld";

/** The assignment of which a name is a target; see `isAssigned`. Undefined for heads of `for of` and `for in`. */
export function assignmentOf(compiler: TypeScript, name: ts.Node): Assignment | undefined {
  let inner = name;
  while (!isWhole(compiler, inner.parent, inner)) {
    if (compiler.isStatement(inner.parent)) return undefined;
    inner = inner.parent;
  }
  const node = inner.parent as Assignment["node"];
  if (compiler.isVariableDeclaration(node)) {
    if (node.initializer === undefined) return undefined;
    return { node, wrap: (put) => behind(node, node.parent.parent, put) };
  }
  const isPattern = compiler.isArrayLiteralExpression(inner) || compiler.isObjectLiteralExpression(inner);
  return { node, wrap: (put) => wrapOf(compiler, { node, isPattern, put }) };
}

function isWhole(compiler: TypeScript, node: ts.Node, inner: ts.Node): boolean {
  const { FirstAssignment, LastAssignment } = compiler.SyntaxKind;
  if (compiler.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    // `[a = 1] = b` is one assignment.
    return node.left === inner && kind >= FirstAssignment && kind <= LastAssignment && !isAssigned(compiler, node);
  }
  return (
    compiler.isPrefixUnaryExpression(node) ||
    compiler.isPostfixUnaryExpression(node) ||
    compiler.isVariableDeclaration(node)
  );
}

/** Without a semicolon, a bracket on the next line would go on with what is put behind `a++`. */
function behind(node: ts.Node, statement: ts.Node, put: string): Wrap {
  return { before: "", after: `,${put}${statement.end === node.end ? ";" : ""}` };
}

function wrapOf(
  compiler: TypeScript,
  { node, isPattern, put }: { readonly node: ts.Expression; readonly isPattern: boolean; readonly put: string },
): Wrap | undefined {
  const unused = unusedIn(compiler, node);
  if (unused !== undefined) return behind(node, unused, put);
  if (isPattern) return undefined;
  const { before, after } = compiler.isPostfixUnaryExpression(node)
    ? { before: `(${oldName}=`, after: `,${put},${oldName})` }
    : { before: "(", after: `,${put})` };
  return { before: beginsStatement(compiler, node) ? `;${before}` : before, after };
}

/** What holds an expression without using its value. */
function unusedIn(compiler: TypeScript, node: ts.Expression): ts.Node | undefined {
  const { parent } = node;
  if (compiler.isExpressionStatement(parent)) return parent;
  if (compiler.isForStatement(parent)) return parent.condition === node ? undefined : parent;
  if (compiler.isParenthesizedExpression(parent)) return unusedIn(compiler, parent) === undefined ? undefined : parent;
  if (!compiler.isBinaryExpression(parent) || parent.operatorToken.kind !== compiler.SyntaxKind.CommaToken)
    return undefined;
  return parent.left === node ? parent : unusedIn(compiler, parent);
}

/** Whether a statement in a list of statements begins with the node: a bracket would go on with the line before. */
export function beginsStatement(compiler: TypeScript, node: ts.Node): boolean {
  const start = node.getStart();
  let outer = node;
  while (!compiler.isStatement(outer) && outer.parent.getStart() === start) outer = outer.parent;
  return compiler.isExpressionStatement(outer) && isInList(compiler, outer);
}

/** Whether a statement stands in a list of statements. */
export function isInList(compiler: TypeScript, { parent }: ts.Node): boolean {
  return (
    compiler.isSourceFile(parent) ||
    compiler.isBlock(parent) ||
    compiler.isModuleBlock(parent) ||
    compiler.isCaseOrDefaultClause(parent)
  );
}
