import type ts from "typescript";
import type { Edit } from "../report/text-edits.js";

/** The compiler's API as far as both TypeScript 5.0 (which tslab brings) and later versions have it. */
export type TypeScript = typeof ts;

/** Name that guarded code uses; `interrupt.ts` puts it on globalThis. */
export const guardName = "$cellGuard";
/** The interrupt flag, beside it. */
export const flagName = "$cellFlag";
/** Its value is what an interrupted loop throws. V8 compiles a loop with it to faster code than one with a call. */
export const stopName = "$cellStop";
/** Element 0 is not 0 while code of a cell that was interrupted may still run. */
export const abortedName = "$cellAborted";
/** Numbers that a loop keeps in locals; see `createKeptNumbers`. */
export const keptName = "$cellKept";

/**
 * Makes code interruptible. Loops look at the interrupt flag at every turn (a plain typed array read, about 1 ns). Code
 * that goes on after an `await` first asks whether its cell was interrupted meanwhile, except inside `catch` and
 * `finally`, which clean up. Loops that await ask as well: their code may catch what such an await throws.
 * @param ofCell in a cell, guards loops outside of functions another way
 */
export function guardEdits(compiler: TypeScript, file: ts.SourceFile, ofCell?: LoopGuard): Edit[] {
  const edits: Edit[] = [];
  const guarded = new Set<ts.Node>();
  const visit = (node: ts.Node, cleaningUp: boolean, inFunction: boolean): void => {
    const inside = cleaningUp ? !compiler.isFunctionLike(node) : isCleanUp(compiler, node);
    const isInner = inFunction || ownsCode(compiler, node);
    const own = isInner ? undefined : ofCell?.(node);
    if (own?.loop !== undefined) guarded.add(own.loop);
    const [before, after] = own?.edits ?? (guarded.has(node) ? [[], []] : guardOf(compiler, node, inside));
    edits.push(...before);
    compiler.forEachChild(node, (child) => visit(child, inside, isInner));
    edits.push(...after);
  };
  visit(file, false, false);
  return edits;
}

/** The guard of a statement that is a loop, labels included, and what stands around other nodes. */
export type LoopGuard = (
  node: ts.Node,
) => { readonly loop?: ts.Node; readonly edits: readonly [before: Edit[], after: Edit[]] } | undefined;

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
  if (compiler.isIterationStatement(node, false))
    return guardOfLoop(compiler, node as ts.IterationStatement, cleaningUp);
  if (compiler.isAwaitExpression(node) && !cleaningUp)
    return [[{ at: node.getStart(), insert: `${guardName}.resume(` }], [{ at: node.end, insert: ")", closes: true }]];
  return [[], []];
}

/**
 * V8 compiles a loop best that asks between two turns: what it knows of values stays true for a turn. A loop that
 * awaits asks at the beginning of a turn: `for await` goes on there.
 */
function guardOfLoop(
  compiler: TypeScript,
  loop: ts.IterationStatement,
  cleaningUp: boolean,
): [before: Edit[], after: Edit[]] {
  const { statement: body } = loop;
  const isWaiting =
    isForAwait(compiler, loop) || someOutsideFunctions(compiler, body, (child) => isAwait(compiler, child));
  const check = `${guardName}.check()`;
  if (isWaiting)
    return guardInside(
      compiler,
      body,
      cleaningUp ? `if(${flagName}[0])${check};` : `if(${flagName}[0]|${abortedName}[0])${check};`,
    );
  const ask = `${flagName}[0]&&${check}`;
  if (compiler.isForStatement(loop)) {
    const { incrementor } = loop;
    // In front of the bracket that closes.
    if (incrementor === undefined) return [[{ at: body.pos - 1, insert: ask }], []];
    return [[{ at: incrementor.getStart(), insert: `${ask},` }], []];
  }
  if (compiler.isDoStatement(loop)) return [[{ at: loop.expression.getStart(), insert: `${ask},` }], []];
  if (compiler.isWhileStatement(loop)) {
    const { expression } = loop;
    const keyword = { at: loop.getStart(), remove: "while".length, insert: "for", own: true } as const;
    const before = [keyword, { at: expression.getStart(), insert: ";" }];
    return [before, [{ at: expression.end, insert: `;${ask}`, closes: true }]];
  }
  const isContinued = someOutsideFunctions(compiler, body, (child) => compiler.isContinueStatement(child));
  return isContinued ? guardInside(compiler, body, `if(${flagName}[0])${check};`) : guardAtEnd(compiler, body, ask);
}

/** Puts a check at the beginning of the body of a loop. */
export function guardInside(compiler: TypeScript, body: ts.Statement, check: string): [before: Edit[], after: Edit[]] {
  if (compiler.isBlock(body)) return [[{ at: body.getStart() + 1, insert: check }], []];
  return [[{ at: body.getStart(), insert: `{${check}` }], [{ at: body.end, insert: "}", closes: true }]];
}

function guardAtEnd(compiler: TypeScript, body: ts.Statement, ask: string): [before: Edit[], after: Edit[]] {
  if (compiler.isBlock(body)) return [[], [{ at: body.end - 1, insert: `;${ask};`, closes: true }]];
  return [[{ at: body.getStart(), insert: "{" }], [{ at: body.end, insert: `;${ask};}`, closes: true }]];
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
