import type ts from "typescript";
import type { TypeScript } from "../../../guards.js";
import type { Checked } from "../../program/language.js";

/** What the syntax and the types of a cell say about an argument that is being typed. */
export interface FoundPlace {
  /** `"openConfig"`, `"Config.set"`; empty where no call is around the text. */
  readonly callee: string;
  /** File that declares the function. */
  readonly declaredIn: string;
  readonly index: number;
  readonly keys: readonly string[];
  readonly isKey: boolean;
  /** Name of the parameter, or the last key. */
  readonly parameter: string;
  readonly earlier: readonly Known[];
  /** Source of the object whose method is called: `plan.config`. */
  readonly receiver?: string;
  readonly quoted: boolean;
  /** What stands there now, from `start` to `end`; an open text ends at the cursor. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A literal's value, or the source of a variable or member. */
export type Known = { readonly value: string | number | boolean } | { readonly source: string } | null;

interface Spot {
  readonly node: ts.Node;
  readonly isKey: boolean;
  readonly quoted: boolean;
  readonly start: number;
  readonly end: number;
}

/** The argument that the cursor is in: a text, a key of an object literal, a name, or nothing yet. */
export function argumentAt(compiler: TypeScript, { file, program }: Checked, cursor: number): FoundPlace | undefined {
  const spot = spotAt(compiler, file, cursor);
  if (spot === undefined) return undefined;
  const { quoted, isKey, start, end } = spot;
  const text = file.text.slice(start, end);
  const way = wayUp(compiler, spot, cursor);
  const place = { quoted, isKey, text, start, end };
  if (way === undefined)
    return quoted
      ? { ...place, callee: "", declaredIn: "", index: 0, keys: [], parameter: "", earlier: [] }
      : undefined;
  const { call, index, keys } = way;
  const called = calledBy(compiler, program.getTypeChecker(), way);
  if (called === undefined && !quoted) return undefined;
  const receiver = compiler.isPropertyAccessExpression(call.expression)
    ? sourceOf(compiler, call.expression.expression)
    : undefined;
  return {
    ...place,
    callee: called?.callee ?? "",
    declaredIn: called?.declaredIn ?? "",
    index,
    keys,
    parameter: keys.at(-1) ?? called?.parameter ?? "",
    earlier: (call.arguments ?? []).slice(0, index).map((argument) => knownOf(compiler, argument)),
    ...(receiver === undefined ? {} : { receiver }),
  };
}

function spotAt(compiler: TypeScript, file: ts.SourceFile, cursor: number): Spot | undefined {
  // Before anything is typed, nodes end at the last token.
  const last = file.text.slice(0, cursor).trimEnd().length;
  let inner: ts.Node | undefined;
  let text: ts.StringLiteralLike | undefined;
  const visit = (node: ts.Node): void => {
    if (node.pos > cursor || last > node.end) return;
    const start = node.getStart(file);
    if (start < cursor && compiler.isStringLiteralLike(node) && (cursor < node.end || isOpen(file, node))) text = node;
    if (start < last && node.kind !== compiler.SyntaxKind.EndOfFileToken) inner = node;
    compiler.forEachChild(node, visit);
  };
  visit(file);
  if (text !== undefined) {
    const end = isOpen(file, text) ? cursor : text.end - 1;
    return { node: text, isKey: isNameOfKey(compiler, text), quoted: true, start: text.getStart(file) + 1, end };
  }
  if (inner === undefined) return undefined;
  if (compiler.isIdentifier(inner) || isWordLiteral(compiler, inner)) {
    if (inner.end < cursor || compiler.isPropertyAccessExpression(inner.parent)) return undefined;
    const isKey = isNameOfKey(compiler, inner);
    return { node: inner, isKey, quoted: false, start: inner.getStart(file), end: inner.end };
  }
  const before = file.text.slice(0, last);
  if (compiler.isPropertyAssignment(inner) && before.endsWith(":"))
    return { node: inner.initializer, isKey: false, quoted: false, start: cursor, end: cursor };
  const isObject = compiler.isObjectLiteralExpression(inner);
  const isCall = compiler.isCallExpression(inner) && cursor > inner.expression.end;
  if (!(isObject || isCall) || !/[({,]$/.test(before)) return undefined;
  return { node: inner, isKey: isObject, quoted: false, start: cursor, end: cursor };
}

/** `true`, `null`, which are no identifiers. */
function isWordLiteral(compiler: TypeScript, { kind }: ts.Node): boolean {
  const { TrueKeyword, FalseKeyword, NullKeyword } = compiler.SyntaxKind;
  return kind === TrueKeyword || kind === FalseKeyword || kind === NullKeyword;
}

function isOpen(file: ts.SourceFile, node: ts.Node): boolean {
  const start = node.getStart(file);
  return node.end - start < 2 || file.text[node.end - 1] !== file.text[start];
}

function isNameOfKey(compiler: TypeScript, node: ts.Node): boolean {
  const { parent } = node;
  if (compiler.isShorthandPropertyAssignment(parent)) return true;
  return compiler.isPropertyAssignment(parent) && parent.name === node;
}

interface Way {
  readonly call: ts.CallExpression | ts.NewExpression;
  readonly index: number;
  readonly keys: readonly string[];
}

/** From the place through object literals and lists to the call. */
function wayUp(compiler: TypeScript, spot: Spot, cursor: number): Way | undefined {
  const keys: string[] = [];
  if (compiler.isCallExpression(spot.node)) {
    const index = spot.node.arguments.filter(({ pos, end }) => pos < end && end < cursor).length;
    return { call: spot.node, index, keys };
  }
  for (let node = spot.node, { parent } = node; ; node = parent, { parent } = node) {
    if (parent === undefined) return undefined;
    if (compiler.isCallExpression(parent) || compiler.isNewExpression(parent)) {
      const index = parent.arguments?.indexOf(node as ts.Expression) ?? -1;
      return index < 0 ? undefined : { call: parent, index, keys };
    }
    if (compiler.isPropertyAssignment(parent)) {
      if (parent.initializer === node) keys.unshift(nameOf(compiler, parent.name));
    } else if (!isTransparent(compiler, parent)) return undefined;
  }
}

function isTransparent(compiler: TypeScript, node: ts.Node): boolean {
  return (
    compiler.isObjectLiteralExpression(node) ||
    compiler.isShorthandPropertyAssignment(node) ||
    compiler.isArrayLiteralExpression(node) ||
    compiler.isParenthesizedExpression(node) ||
    compiler.isAsExpression(node) ||
    compiler.isSatisfiesExpression(node)
  );
}

function nameOf(compiler: TypeScript, name: ts.PropertyName): string {
  return compiler.isIdentifier(name) || compiler.isStringLiteralLike(name) || compiler.isNumericLiteral(name)
    ? name.text
    : "";
}

interface Called {
  readonly callee: string;
  readonly declaredIn: string;
  readonly parameter: string | undefined;
}

function calledBy(compiler: TypeScript, checker: ts.TypeChecker, { call, index }: Way): Called | undefined {
  const type = checker.getTypeAtLocation(call.expression);
  const signatures = compiler.isNewExpression(call) ? type.getConstructSignatures() : type.getCallSignatures();
  const fits = signatures.find(({ parameters }) => parameters.length > index) ?? signatures[0];
  const declaration = fits?.declaration;
  if (fits === undefined || declaration === undefined) return undefined;
  const parameter = (fits.parameters[index] ?? fits.parameters.at(-1))?.name;
  return { callee: calleeOf(compiler, declaration), declaredIn: declaration.getSourceFile().fileName, parameter };
}

/** Name of what is declared, with its class: `Config.set`. */
function calleeOf(compiler: TypeScript, declaration: ts.SignatureDeclaration | ts.JSDocSignature): string {
  const { parent } = declaration;
  const name = compiler.getNameOfDeclaration(declaration as ts.Declaration) ?? undefined;
  const own = name === undefined ? "" : name.getText();
  const isMember = compiler.isClassLike(parent) || compiler.isInterfaceDeclaration(parent);
  const above = isMember ? (parent.name?.text ?? "") : "";
  if (own === "") return above || (compiler.isVariableDeclaration(parent) ? parent.name.getText() : "");
  return above === "" ? own : `${above}.${own}`;
}

function knownOf(compiler: TypeScript, node: ts.Expression): Known {
  if (compiler.isStringLiteralLike(node)) return { value: node.text };
  if (compiler.isNumericLiteral(node)) return { value: Number(node.text) };
  const source = sourceOf(compiler, node);
  return source === undefined ? null : { source };
}

/** Of variables and their members only: nothing that would have to be run. */
function sourceOf(compiler: TypeScript, node: ts.Expression): string | undefined {
  if (compiler.isIdentifier(node)) return node.text;
  if (!compiler.isPropertyAccessExpression(node)) return undefined;
  const above = sourceOf(compiler, node.expression);
  return above === undefined ? undefined : `${above}.${node.name.text}`;
}
