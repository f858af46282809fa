import type ts from "typescript";
import type { Edit } from "../report/text-edits.js";

/** The compiler's API as far as both TypeScript 5.0 (which tslab brings) and later versions have it. */
export type TypeScript = typeof ts;

/** Name that guarded code uses; `interrupt.ts` puts it on globalThis. */
export const guardName = "$cellGuard";
/** The interrupt flag, beside it. */
export const flagName = "$cellFlag";

/**
 * Makes code interruptible. Loops look at the interrupt flag at every turn (a plain typed array read, about 1 ns); code
 * that goes on after an
 * `await` first asks whether its cell was interrupted meanwhile, except inside `catch` and `finally`, which clean up.
 */
export function guardEdits(compiler: TypeScript, file: ts.SourceFile): Edit[] {
  const edits: Edit[] = [];
  const visit = (node: ts.Node, cleaningUp: boolean): void => {
    const inside = cleaningUp ? !compiler.isFunctionLike(node) : isCleanUp(compiler, node);
    const [before, after] = guardOf(compiler, node, inside);
    edits.push(...before);
    compiler.forEachChild(node, (child) => visit(child, inside));
    edits.push(...after);
  };
  visit(file, false);
  return edits;
}

/** `catch` clauses and `finally` blocks. */
function isCleanUp(compiler: TypeScript, node: ts.Node): boolean {
  if (compiler.isCatchClause(node)) return true;
  return node.parent !== undefined && compiler.isTryStatement(node.parent) && node.parent.finallyBlock === node;
}

function guardOf(compiler: TypeScript, node: ts.Node, cleaningUp: boolean): [before: Edit[], after: Edit[]] {
  if (compiler.isIterationStatement(node, false)) {
    const body = (node as ts.IterationStatement).statement;
    const awaits =
      isForAwait(compiler, node) || someOutsideFunctions(compiler, body, (child) => isAwait(compiler, child));
    const check = awaits && !cleaningUp ? `${guardName}.check();` : `if(${flagName}[0])${guardName}.check();`;
    if (compiler.isBlock(body)) return [[{ at: body.getStart() + 1, insert: check }], []];
    return [[{ at: body.getStart(), insert: `{${check}` }], [{ at: body.end, insert: "}", closes: true }]];
  }
  if (compiler.isAwaitExpression(node) && !cleaningUp)
    return [[{ at: node.getStart(), insert: `${guardName}.resume(` }], [{ at: node.end, insert: ")", closes: true }]];
  return [[], []];
}

function isForAwait(compiler: TypeScript, node: ts.Node): boolean {
  return compiler.isForOfStatement(node) && node.awaitModifier !== undefined;
}

/** `await`, `for await`, and, where the compiler knows it, `await using`. */
export function isAwait(compiler: TypeScript, node: ts.Node): boolean {
  if (compiler.isAwaitExpression(node) || isForAwait(compiler, node)) return true;
  const { AwaitUsing } = compiler.NodeFlags;
  return (
    AwaitUsing !== undefined && compiler.isVariableDeclarationList(node) && (node.flags & AwaitUsing) === AwaitUsing
  );
}

export function someOutsideFunctions(compiler: TypeScript, root: ts.Node, test: (node: ts.Node) => boolean): boolean {
  const search = (node: ts.Node): boolean => {
    if (test(node)) return true;
    if (compiler.isFunctionLike(node) || compiler.isClassStaticBlockDeclaration(node)) return false;
    return compiler.forEachChild(node, search) === true;
  };
  return compiler.forEachChild(root, search) === true || test(root);
}

/** The names that a variable declaration binds, those of a pattern included. */
export function boundNames(compiler: TypeScript, name: ts.BindingName): string[] {
  if (compiler.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    compiler.isOmittedExpression(element) ? [] : boundNames(compiler, element.name),
  );
}
