import type ts from "typescript";
import type { Edit } from "../report/text-edits.js";
import {
  flagName,
  guardInside,
  isAwait,
  type LoopGuard,
  someOutsideFunctions,
  stopName,
  type TypeScript,
} from "./guards.js";
import { isInList, type Wrap } from "./loop-assignments.js";

/** How loops of a cell keep variables in locals. */
export interface LoopFrames {
  /** What stands around a loop, by the offset of its statement. */
  readonly loops: ReadonlyMap<number, Wrap>;
  /** What stands around an assignment, by `placeOfNode`. */
  readonly assignments: ReadonlyMap<string, Wrap>;
}

/** The syntax tree of the text and that of the program's file have nodes of their own. */
export function placeOfNode(node: ts.Node): string {
  return `${node.getStart()} ${node.end}`;
}

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
  return (node) => {
    const loop = loopOf(compiler, node);
    if (loop === undefined) return compiler.isStatement(node) ? undefined : wrapped(compiler, node, frames);
    if (!isUnbroken(compiler, loop)) return undefined;
    return { loop, edits: guardOfLoop(compiler, { loop, statement: node, frame: frames.loops.get(node.getStart()) }) };
  };
}

function wrapped(compiler: TypeScript, node: ts.Node, { assignments }: LoopFrames): ReturnType<LoopGuard> {
  if (assignments.size === 0) return undefined;
  const wrap = isAssignment(compiler, node) ? assignments.get(placeOfNode(node)) : undefined;
  if (wrap === undefined) return undefined;
  const before: Edit[] = wrap.before === "" ? [] : [{ at: node.getStart(), insert: wrap.before }];
  return { edits: [before, [{ at: node.end, insert: wrap.after, closes: true }]] };
}

function isAssignment(compiler: TypeScript, node: ts.Node): boolean {
  return (
    compiler.isBinaryExpression(node) ||
    compiler.isPrefixUnaryExpression(node) ||
    compiler.isPostfixUnaryExpression(node) ||
    compiler.isVariableDeclaration(node)
  );
}

interface Guarded {
  readonly loop: ts.IterationStatement;
  readonly statement: ts.Node;
  readonly frame: Wrap | undefined;
}

function guardOfLoop(compiler: TypeScript, { loop, statement, frame }: Guarded): [before: Edit[], after: Edit[]] {
  const [at, { end }] = [statement.getStart(), statement];
  const isListed = isInList(compiler, statement);
  const condition = conditionOf(compiler, loop);
  const open = frame?.before ?? (isListed || condition === undefined ? "" : "{");
  const close = frame?.after ?? (open === "" ? "" : "}");
  // After a function without a body (`declare function f(): void`) a bracket would be taken for its body.
  const before = open === "" ? [] : [{ at, insert: `${isListed ? ";" : ""}${open}` }];
  const after: Edit[] = close === "" ? [] : [{ at: end, insert: close, closes: true }];
  if (condition === undefined) {
    const [inside, behind] = guardInside(compiler, loop.statement, `if(${flagName}[0])throw ${stopName};`);
    return [
      [...before, ...inside],
      [...behind, ...after],
    ];
  }
  const test = isComparison(compiler, condition) ? "(" : "!!(";
  const guard: Edit = { at: condition.end, insert: `)>${flagName}[0]`, closes: true };
  // Nobody clears the flag before the cell is over, or else the loop would just end.
  const stop: Edit = { at: end, insert: `;if(${flagName}[0])throw ${stopName};`, closes: true };
  return [
    [...before, { at: condition.getStart(), insert: test }],
    [guard, stop, ...after],
  ];
}

function conditionOf(compiler: TypeScript, loop: ts.IterationStatement): ts.Expression | undefined {
  if (compiler.isForStatement(loop)) return loop.condition;
  return compiler.isWhileStatement(loop) || compiler.isDoStatement(loop) ? loop.expression : undefined;
}

/** Whether the syntax alone shows that its value is `true` or `false`. */
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
