import type ts from "typescript";
import type { TypeScript } from "./guards.js";

/** Whether the use of a name assigns to it, in a pattern too. */
export function isAssigned(compiler: TypeScript, node: ts.Node): boolean {
  const { FirstAssignment, LastAssignment, PlusPlusToken, MinusMinusToken } = compiler.SyntaxKind;
  const { parent } = node;
  if (compiler.isPrefixUnaryExpression(parent) || compiler.isPostfixUnaryExpression(parent))
    return parent.operator === PlusPlusToken || parent.operator === MinusMinusToken;
  if (compiler.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    return parent.left === node && kind >= FirstAssignment && kind <= LastAssignment;
  }
  if (compiler.isForOfStatement(parent) || compiler.isForInStatement(parent)) return parent.initializer === node;
  if (compiler.isVariableDeclaration(parent) || compiler.isBindingElement(parent)) return parent.name === node;
  if (compiler.isPropertyAssignment(parent) && parent.initializer !== node) return false;
  return holdsTarget(compiler, parent) && isAssigned(compiler, parent);
}

/** Whether something is assigned to if what holds it is. */
function holdsTarget(compiler: TypeScript, parent: ts.Node): boolean {
  return (
    compiler.isParenthesizedExpression(parent) ||
    compiler.isAsExpression(parent) ||
    compiler.isNonNullExpression(parent) ||
    compiler.isSatisfiesExpression(parent) ||
    compiler.isTypeAssertionExpression(parent) ||
    compiler.isArrayLiteralExpression(parent) ||
    compiler.isObjectLiteralExpression(parent) ||
    compiler.isSpreadElement(parent) ||
    compiler.isSpreadAssignment(parent) ||
    compiler.isPropertyAssignment(parent) ||
    compiler.isShorthandPropertyAssignment(parent)
  );
}

/**
 * Whether no single step of a loop can take long: no calls but those of `briefMethods`, no getters, nothing that
 * iterates over more than arrays and texts, no large integers.
 */
export function isBrief(compiler: TypeScript, root: ts.Node, checker: ts.TypeChecker): boolean {
  const isBriefNode = (node: ts.Node): boolean => {
    if (runsNothing(compiler, node)) return true;
    if (!isBriefKind(compiler, node) || isUsing(compiler, node)) return false;
    if (compiler.isCallExpression(node) && !isBriefCall(compiler, node, checker)) return false;
    if (compiler.isForOfStatement(node) && !isListOfValues(compiler, node.expression, checker)) return false;
    if (compiler.isPropertyAccessExpression(node) && isGetter(compiler, node.name, checker)) return false;
    if (compiler.isBinaryExpression(node) && isLargeInteger(compiler, node, checker)) return false;
    return compiler.forEachChild(node, (child) => !isBriefNode(child)) !== true;
  };
  return isBriefNode(root);
}

/**
 * Types, and functions that are not called here. The name of a method may be computed; classes, enums, and namespaces
 * run code where they are declared.
 */
export function runsNothing(compiler: TypeScript, node: ts.Node): boolean {
  if (compiler.isTypeNode(node)) return true;
  return compiler.isFunctionLike(node) && !(node.name !== undefined && compiler.isComputedPropertyName(node.name));
}

/** `using` calls something at the end of its block. */
function isUsing(compiler: TypeScript, node: ts.Node): boolean {
  return compiler.isVariableDeclarationList(node) && (node.flags & compiler.NodeFlags.Using) !== 0;
}

function isGetter(compiler: TypeScript, name: ts.Node, checker: ts.TypeChecker): boolean {
  const symbol = checker.getSymbolAtLocation(name);
  if (symbol === undefined || (symbol.flags & compiler.SymbolFlags.Accessor) === 0) return false;
  return symbol.declarations?.every((one) => one.getSourceFile().isDeclarationFile) !== true;
}

function isLargeInteger(compiler: TypeScript, node: ts.BinaryExpression, checker: ts.TypeChecker): boolean {
  // The types of a cell that computes with literals need not be asked for: 50 µs.
  if (isNumberOrText(compiler, node.right)) return false;
  return (checker.getTypeAtLocation(node).flags & compiler.TypeFlags.BigIntLike) !== 0;
}

/** Literals that are primitive and no `bigint`. */
export function isNumberOrText(compiler: TypeScript, node: ts.Node): boolean {
  return compiler.isNumericLiteral(node) || compiler.isStringLiteralLike(node);
}

/** Arrays, typed arrays, and texts. */
export function isListOfValues(compiler: TypeScript, node: ts.Node, checker: ts.TypeChecker): boolean {
  const type = checker.getTypeAtLocation(node);
  if ((type.flags & compiler.TypeFlags.StringLike) !== 0) return true;
  return checker.isArrayType(type) || checker.isTupleType(type) || /^\w+Array$/.test(type.symbol?.name ?? "");
}

/** Methods of the language that take no time worth mentioning and call nothing of the user's. */
const briefMethods: Readonly<Record<string, ReadonlySet<string>>> = {
  Array: new Set(["push", "pop", "at"]),
  String: new Set(["charCodeAt", "codePointAt", "charAt", "at"]),
  Map: new Set(["get", "set", "has", "delete"]),
  Set: new Set(["add", "has", "delete"]),
};

function isBriefCall(compiler: TypeScript, { expression }: ts.CallExpression, checker: ts.TypeChecker): boolean {
  const method = methodOfLanguage(compiler, expression, checker);
  return method !== undefined && (method.owner === "Math" || briefMethods[method.owner]?.has(method.name) === true);
}

interface Method {
  readonly owner: string;
  readonly name: string;
}

function methodOfLanguage(compiler: TypeScript, callee: ts.Node, checker: ts.TypeChecker): Method | undefined {
  if (!compiler.isPropertyAccessExpression(callee)) return undefined;
  const owner = checker.getSymbolAtLocation(callee.name)?.declarations?.[0]?.parent;
  if (owner === undefined || !compiler.isInterfaceDeclaration(owner)) return undefined;
  // What the language brings has no modules; what cells and packages declare has.
  if (compiler.isExternalModule(owner.getSourceFile())) return undefined;
  return { owner: owner.name.text, name: callee.name.text };
}

const callingBack = new Set(
  "forEach map filter reduce reduceRight some every find findIndex findLast findLastIndex flatMap sort from".split(" "),
);

/** Whether a function is given to a method of arrays, maps, or sets, which calls it and forgets it. */
export function isForgotten(compiler: TypeScript, node: ts.Node, checker: ts.TypeChecker): boolean {
  if (!compiler.isArrowFunction(node) && !compiler.isFunctionExpression(node)) return false;
  if (node.modifiers !== undefined || node.asteriskToken !== undefined || node.name !== undefined) return false;
  const callee = compiler.isCallExpression(node.parent) ? node.parent.expression : undefined;
  if (callee === undefined || !compiler.isPropertyAccessExpression(callee) || !callingBack.has(callee.name.text))
    return false;
  const { owner = "" } = methodOfLanguage(compiler, callee, checker) ?? {};
  return /^(?:Readonly)?(?:Array|Map|Set)$|^\w+Array$|^ArrayConstructor$/.test(owner);
}

let kinds: ReadonlySet<ts.SyntaxKind> | undefined;

function isBriefKind(compiler: TypeScript, node: ts.Node): boolean {
  kinds ??= briefKinds(compiler);
  const { kind } = node;
  const { FirstToken, LastToken } = compiler.SyntaxKind;
  return (kind >= FirstToken && kind <= LastToken) || kinds.has(kind);
}

/** Without patterns and spreads, which iterate, and without all that calls. */
function briefKinds({ SyntaxKind }: TypeScript): ReadonlySet<ts.SyntaxKind> {
  return new Set([
    SyntaxKind.Block,
    SyntaxKind.EmptyStatement,
    SyntaxKind.VariableStatement,
    SyntaxKind.VariableDeclarationList,
    SyntaxKind.VariableDeclaration,
    SyntaxKind.ExpressionStatement,
    SyntaxKind.IfStatement,
    SyntaxKind.DoStatement,
    SyntaxKind.WhileStatement,
    SyntaxKind.ForStatement,
    SyntaxKind.ForInStatement,
    SyntaxKind.ForOfStatement,
    SyntaxKind.ContinueStatement,
    SyntaxKind.BreakStatement,
    SyntaxKind.SwitchStatement,
    SyntaxKind.CaseBlock,
    SyntaxKind.CaseClause,
    SyntaxKind.DefaultClause,
    SyntaxKind.LabeledStatement,
    SyntaxKind.ThrowStatement,
    SyntaxKind.TryStatement,
    SyntaxKind.CatchClause,
    SyntaxKind.Identifier,
    SyntaxKind.ParenthesizedExpression,
    SyntaxKind.BinaryExpression,
    SyntaxKind.PrefixUnaryExpression,
    SyntaxKind.PostfixUnaryExpression,
    SyntaxKind.ConditionalExpression,
    SyntaxKind.PropertyAccessExpression,
    SyntaxKind.ElementAccessExpression,
    SyntaxKind.TypeOfExpression,
    SyntaxKind.VoidExpression,
    SyntaxKind.CallExpression,
    SyntaxKind.AsExpression,
    SyntaxKind.NonNullExpression,
    SyntaxKind.SatisfiesExpression,
    SyntaxKind.TypeAssertionExpression,
    SyntaxKind.ArrayLiteralExpression,
    SyntaxKind.ObjectLiteralExpression,
    SyntaxKind.PropertyAssignment,
    SyntaxKind.ShorthandPropertyAssignment,
    SyntaxKind.TemplateExpression,
    SyntaxKind.TemplateSpan,
  ]);
}
