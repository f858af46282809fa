import type ts from "typescript";
import type { Edit } from "../report/text-edits.js";

/** The compiler's API as far as both TypeScript 5.0 (which tslab brings) and later versions have it. */
export type TypeScript = typeof ts;

/** Name that guarded code uses; `interrupt.ts` puts it on globalThis. */
export const guardName = "$cellGuard";
/** The interrupt flag, beside it. */
export const flagName = "$cellFlag";
/** Reading it gives what an interrupted loop throws; V8 compiles a loop better with it than with a call. */
export const stopName = "$cellStop";

/**
 * Makes code interruptible. Loops look at the interrupt flag at every turn (a plain typed array read, about 1 ns); code
 * that goes on after an
 * `await` first asks whether its cell was interrupted meanwhile, except inside `catch` and `finally`, which clean up.
 * @param ofCell in a cell, guards loops outside of functions another way
 */
export function guardEdits(compiler: TypeScript, file: ts.SourceFile, ofCell?: LoopGuard): Edit[] {
  const edits: Edit[] = [];
  const guarded = new Set<ts.Node>();
  const visit = (node: ts.Node, cleaningUp: boolean, inFunction: boolean): void => {
    const inside = cleaningUp ? !compiler.isFunctionLike(node) : isCleanUp(compiler, node);
    const isInner = inFunction || ownsCode(compiler, node);
    const own = isInner ? undefined : ofCell?.(node);
    if (own !== undefined) guarded.add(own.loop);
    const [before, after] = own?.edits ?? (guarded.has(node) ? [[], []] : guardOf(compiler, node, inside));
    edits.push(...before);
    compiler.forEachChild(node, (child) => visit(child, inside, isInner));
    edits.push(...after);
  };
  visit(file, false, false);
  return edits;
}

/** The guard of a statement that is a loop, labels included; undefined for all others. */
export type LoopGuard = (
  node: ts.Node,
) => { readonly loop: ts.Node; readonly edits: readonly [before: Edit[], after: Edit[]] } | undefined;

/** Functions and what becomes one when it is translated. */
export function ownsCode(compiler: TypeScript, node: ts.Node): boolean {
  return (
    compiler.isFunctionLike(node) ||
    compiler.isClassLike(node) ||
    compiler.isModuleDeclaration(node) ||
    compiler.isEnumDeclaration(node)
  );
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
