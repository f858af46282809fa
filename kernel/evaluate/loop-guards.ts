import type ts from "typescript";
import type { Edit } from "../report/text-edits.js";
import { flagName, isAwait, type LoopGuard, someOutsideFunctions, stopName, type TypeScript } from "./guards.js";

/** What stands around a loop of a cell, by the offset of its statement: it keeps variables in locals meanwhile. */
export type LoopFrames = ReadonlyMap<number, { readonly open: string; readonly close: string }>;

/** The loop of a statement that is one, labels included. */
export function loopOf(compiler: TypeScript, node: ts.Node): ts.IterationStatement | undefined {
  if (node.parent !== undefined && compiler.isLabeledStatement(node.parent)) return undefined;
  let inner = node;
  while (compiler.isLabeledStatement(inner)) inner = inner.statement;
  return compiler.isIterationStatement(inner, false) ? inner : undefined;
}

/** A loop in which nothing else of the kernel runs: it doesn't await. */
export function isUnbroken(compiler: TypeScript, loop: ts.IterationStatement): boolean {
  return !someOutsideFunctions(compiler, loop, (node) => isAwait(compiler, node));
}

/**
 * Guards an unbroken loop of a cell that stands outside of functions: its cell runs, so that the flag ends it in any
 * case. `(condition)>flag` leaves the loop by the way that it has already. V8 moves the first turn of a loop out of it,
 * after which it knows the types of its variables, only if no other way leads out that has never been taken.
 */
export function cellLoopGuards(compiler: TypeScript, frames: LoopFrames): LoopGuard {
  return (statement) => {
    const loop = loopOf(compiler, statement);
    if (loop === undefined || !isUnbroken(compiler, loop)) return undefined;
    return { loop, edits: guardOfLoop(compiler, { loop, statement, frame: frames.get(statement.getStart()) }) };
  };
}

interface Guarded {
  readonly loop: ts.IterationStatement;
  readonly statement: ts.Node;
  readonly frame: { readonly open: string; readonly close: string } | undefined;
}

function guardOfLoop(compiler: TypeScript, { loop, statement, frame }: Guarded): [before: Edit[], after: Edit[]] {
  const [at, { end }] = [statement.getStart(), statement];
  const isListed = isInList(compiler, statement);
  const condition = conditionOf(compiler, loop);
  const open = frame?.open ?? (isListed || condition === undefined ? "" : "{");
  const close = frame?.close ?? (open === "" ? "" : "}");
  // After a function without a body (`declare function f(): void`) a bracket would be taken for its body.
  const before = open === "" ? [] : [{ at, insert: `${isListed ? ";" : ""}${open}` }];
  const after: Edit[] = close === "" ? [] : [{ at: end, insert: close, closes: true }];
  if (condition === undefined) {
    const [inside, behind] = guardInside(compiler, loop.statement);
    return [
      [...before, ...inside],
      [...behind, ...after],
    ];
  }
  const test = isComparison(compiler, condition) ? "(" : "!!(";
  const edits: Edit[] = [
    { at: condition.getStart(), insert: test },
    { at: condition.end, insert: `)>${flagName}[0]`, closes: true },
  ];
  // Nobody clears the flag before the cell is over, or else the loop would just end.
  const stop: Edit = { at: end, insert: `;if(${flagName}[0])throw ${stopName};`, closes: true };
  return [
    [...before, ...edits],
    [stop, ...after],
  ];
}

function guardInside(compiler: TypeScript, body: ts.Statement): [before: Edit[], after: Edit[]] {
  const check = `if(${flagName}[0])throw ${stopName};`;
  if (compiler.isBlock(body)) return [[{ at: body.getStart() + 1, insert: check }], []];
  return [[{ at: body.getStart(), insert: `{${check}` }], [{ at: body.end, insert: "}", closes: true }]];
}

function conditionOf(compiler: TypeScript, loop: ts.IterationStatement): ts.Expression | undefined {
  if (compiler.isForStatement(loop)) return loop.condition;
  return compiler.isWhileStatement(loop) || compiler.isDoStatement(loop) ? loop.expression : undefined;
}

function isInList(compiler: TypeScript, { parent }: ts.Node): boolean {
  return (
    compiler.isSourceFile(parent) ||
    compiler.isBlock(parent) ||
    compiler.isModuleBlock(parent) ||
    compiler.isCaseOrDefaultClause(parent)
  );
}

/** Whether the text alone tells that its value is `true` or `false`. */
function isComparison(compiler: TypeScript, node: ts.Expression): boolean {
  const { SyntaxKind } = compiler;
  if (compiler.isParenthesizedExpression(node)) return isComparison(compiler, node.expression);
  if (compiler.isPrefixUnaryExpression(node)) return node.operator === SyntaxKind.ExclamationToken;
  if (!compiler.isBinaryExpression(node))
    return node.kind === SyntaxKind.TrueKeyword || node.kind === SyntaxKind.FalseKeyword;
  const { kind } = node.operatorToken;
  if (kind === SyntaxKind.AmpersandAmpersandToken || kind === SyntaxKind.BarBarToken)
    return isComparison(compiler, node.left) && isComparison(compiler, node.right);
  return comparisons.has(compiler.tokenToString(kind) ?? "");
}

const comparisons = new Set(["<", ">", "<=", ">=", "==", "!=", "===", "!==", "in", "instanceof"]);
