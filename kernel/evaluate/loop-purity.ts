import type ts from "typescript";
import type { TypeScript } from "./guards.js";
import { isBrief, isListOfValues, isNumberOrText, runsNothing } from "./loop-body.js";

/**
 * Whether a loop runs no code of the user's but its own, as far as types tell: it is brief, and no operator meets an
 * object, whose `valueOf` it would call, and no property may be a getter.
 */
export function isPure(compiler: TypeScript, root: ts.Node, checker: ts.TypeChecker): boolean {
  const isPrimitive = (node: ts.Node): boolean =>
    isNumberOrText(compiler, node) || isPrimitiveType(compiler, checker.getTypeAtLocation(node));
  const isList = (node: ts.Node): boolean => isListOfValues(compiler, node, checker);
  const isPureNode = (node: ts.Node): boolean => {
    if (runsNothing(compiler, node)) return true;
    const isOwn =
      !compiler.isAsExpression(node) &&
      !compiler.isTypeAssertionExpression(node) &&
      !compiler.isForInStatement(node) &&
      (!compiler.isBinaryExpression(node) || isPureOperator(compiler, node, { isPrimitive, isList })) &&
      (!isArithmeticUnary(compiler, node) || isPrimitive(node.operand)) &&
      (!compiler.isTemplateSpan(node) || isPrimitive(node.expression)) &&
      (!compiler.isCallExpression(node) || takesAny(compiler, node) || node.arguments.every(isPrimitive)) &&
      (!compiler.isElementAccessExpression(node) ||
        (isList(node.expression) && isPrimitive(node.argumentExpression))) &&
      (!compiler.isPropertyAccessExpression(node) || isPureProperty(compiler, node, isList));
    return isOwn && compiler.forEachChild(node, (child) => !isPureNode(child)) !== true;
  };
  return isBrief(compiler, root, checker) && isPureNode(root);
}

function isPrimitiveType(compiler: TypeScript, type: ts.Type): boolean {
  const { NumberLike, StringLike, BooleanLike, Undefined, Null } = compiler.TypeFlags;
  if (type.isUnion()) return type.types.every((one) => isPrimitiveType(compiler, one));
  return (type.flags & (NumberLike | StringLike | BooleanLike | Undefined | Null)) !== 0;
}

interface Asked {
  isPrimitive(node: ts.Node): boolean;
  isList(node: ts.Node): boolean;
}

function isPureOperator(compiler: TypeScript, node: ts.BinaryExpression, { isPrimitive, isList }: Asked): boolean {
  const { SyntaxKind } = compiler;
  const { left, right } = node;
  switch (node.operatorToken.kind) {
    case SyntaxKind.EqualsToken:
      // What is put into a typed array becomes a number.
      return !compiler.isElementAccessExpression(left) || !isList(left.expression) || isPrimitive(right);
    case SyntaxKind.CommaToken:
    case SyntaxKind.AmpersandAmpersandToken:
    case SyntaxKind.BarBarToken:
    case SyntaxKind.QuestionQuestionToken:
    case SyntaxKind.AmpersandAmpersandEqualsToken:
    case SyntaxKind.BarBarEqualsToken:
    case SyntaxKind.QuestionQuestionEqualsToken:
    case SyntaxKind.EqualsEqualsEqualsToken:
    case SyntaxKind.ExclamationEqualsEqualsToken:
      return true;
    default:
      return isPrimitive(left) && isPrimitive(right);
  }
}

function isArithmeticUnary(
  compiler: TypeScript,
  node: ts.Node,
): node is ts.PrefixUnaryExpression | ts.PostfixUnaryExpression {
  if (compiler.isPostfixUnaryExpression(node)) return true;
  return compiler.isPrefixUnaryExpression(node) && node.operator !== compiler.SyntaxKind.ExclamationToken;
}

/** Methods that take values as they are. */
function takesAny(compiler: TypeScript, { expression }: ts.CallExpression): boolean {
  return compiler.isPropertyAccessExpression(expression) && methods.has(expression.name.text);
}

const methods = new Set(["push", "get", "set", "has", "add", "delete"]);

function isPureProperty(
  compiler: TypeScript,
  { expression, name, parent }: ts.PropertyAccessExpression,
  isList: Asked["isList"],
): boolean {
  if (name.text === "length" && isList(expression)) return true;
  if (compiler.isIdentifier(expression) && expression.text === "Math") return true;
  return compiler.isCallExpression(parent) && parent.expression === name.parent;
}
