import type ts from "typescript";
import type { Edit } from "../../../report/text-edits.js";
import { guardName, type TypeScript } from "../../guards.js";
import { beginsStatement } from "../../loop-assignments.js";
import { nestedVariableEdits } from "../../nested-variables.js";
import { isShorthand, localName, mayHaveTakenNames, renames, symbolOf } from "../../own-names.js";
import type { Checked } from "../program/language.js";
import { isBuiltinImport, isOfNode, requireEdit } from "./builtin-imports.js";
import type { DeclaredNames, Meaning } from "./declared-names.js";
import type { LoopPlan } from "./loops.js";
import { meaningIn, topLevelNames } from "./meaning.js";
import { type Continued, partName, usesOfParts } from "./namespaces.js";
import type { CellSyntax, Declared } from "./syntax.js";

interface Given {
  readonly syntax: CellSyntax;
  readonly checked: Checked;
  readonly names: DeclaredNames;
  readonly continued: readonly Continued[];
  /** The cell will not be translated; see `isPlainScript`. */
  readonly isPlain: boolean;
  readonly loops: LoopPlan;
}

/**
 * What turns a cell into the body of a function of `exports`, the object that holds the variables of all cells.
 * Constants, functions, classes, and the like are put into it when they have a value; `let` and `var` live in it, so
 * that a function sees what a later cell assigns. The value of the last expression is returned, in an array, which
 * tells it from that of a cell without one.
 */
export function scriptEdits(compiler: TypeScript, given: Given): Edit[] {
  const { syntax, checked, isPlain, loops } = given;
  const { last } = syntax;
  const meaningOf = meaningIn(compiler, checked);
  const values = syntax.declared.filter(
    ({ name, kind, ambient }) => !ambient && hasValue(kind, () => meaningOf(name).value),
  );
  const ofNode = new Set(
    checked.file.statements.filter((one) => isOfNode(compiler, one)).map((one) => one.getStart(checked.file)),
  );
  const isLive = ({ kind, start }: Declared) => kind === "import" && !ofNode.has(start);
  const start: Edit[] = last === undefined ? [] : [{ at: last.start, insert: "return[(", own: true }];
  const end: Edit[] = last === undefined ? [] : [{ at: last.end, insert: ")];", closes: true }];
  return [
    // As modules are, and as the compiler makes them.
    ...(isPlain ? [{ at: 0, insert: '"use strict";' }] : []),
    { at: 0, insert: prologue(values, given) + jsxFactories(compiler, given) },
    ...start,
    ...liveVariables(values),
    ...(isPlain ? requires(compiler, checked.file, meaningOf) : []),
    ...syntax.edits(loops.frames),
    ...nestedVariableEdits(compiler, checked.file),
    ...usesOfEarlier(compiler, given),
    ...usesOfNamespaces(compiler, given),
    ...(mayHaveTakenNames(syntax.text) ? ownNames(compiler, given) : []),
    ...values
      .filter(({ kind }) => isPutAfterwards(kind))
      .map((one) => ({ at: one.end, insert: putAfterwards(one, isLive(one)), closes: true as const })),
    ...end,
  ];
}

/**
 * Puts a value into `exports` once it is there. What is imported is looked up whenever it is used, as its module may
 * change it; Node's own modules don't.
 */
function putAfterwards({ name }: Declared, isLive: boolean): string {
  const local = localName(name);
  return isLive ? `;${guardName}.live("${local}",()=>${local});` : `;exports.${local}=${local};`;
}

function hasValue(kind: Declared["kind"], isValue: () => boolean): boolean {
  if (kind === "import" || kind === "namespace") return isValue();
  return kind !== "type" && kind !== "using";
}

function isPutAfterwards(kind: Declared["kind"]): boolean {
  return kind === "const" || kind === "class" || kind === "enum" || kind === "namespace" || kind === "import";
}

/**
 * A name has no value until its statement has run, not even that of an earlier cell; functions have theirs from the
 * start. A namespace goes on with what earlier cells put into it. New names stay away: for V8, a variable that gets one
 * value is a constant, and one that is there can't become an import without cost.
 */
function prologue(values: readonly Declared[], { continued, names }: Pick<Given, "continued" | "names">): string {
  const going = continued.filter(({ name, hasValue }) => hasValue && values.some((one) => one.name === name));
  const kept = new Set(going.map(({ name }) => name));
  const afterwards = new Set(
    values
      .filter(({ kind, name }) => isPutAfterwards(kind) && !kept.has(name) && names.has(name))
      .map(({ name }) => localName(name)),
  );
  const functions = new Set(values.filter(({ kind }) => kind === "function").map(({ name }) => localName(name)));
  const nested = new Set(values.filter(({ nested }) => nested !== undefined).map(({ name }) => localName(name)));
  const cleared = [...afterwards].map((name) => `exports.${name}=`).join("");
  return [
    ...going.map(goOn),
    cleared === "" ? "" : `${cleared}void 0;`,
    nested.size === 0 ? "" : `export var ${[...nested].join()};`,
    ...[...functions].map((name) => `exports.${name}=${name};`),
  ].join("");
}

/**
 * With `jsx: "react"` an element becomes a call of a function that the cell's text does not name, such as
 * `React.createElement`. Declares it in the cell if an earlier cell has it.
 */
function jsxFactories(compiler: TypeScript, { checked: { program, file }, names, syntax }: Given): string {
  if (program.getCompilerOptions().jsx !== compiler.JsxEmit.React || !syntax.text.includes("<")) return "";
  const { getJsxNamespace, getJsxFragmentFactory } = program.getTypeChecker() as unknown as JsxNames;
  const own = new Set(syntax.declared.map(({ name }) => name));
  const used = new Set([getJsxNamespace(file), getJsxFragmentFactory(file)?.split(".")[0]]);
  const isEarlier = (name: string): boolean =>
    !own.has(name) && names.get(name)?.some(({ value, ambient }) => value && !ambient) === true;
  return [...used]
    .map((name) => (name !== undefined && isEarlier(name) ? `const ${name}=exports.${name};` : ""))
    .join("");
}

/** Methods of the type checker that its declarations leave out. They respect the comments `@jsx` and `@jsxFrag`. */
interface JsxNames {
  getJsxNamespace(file: ts.SourceFile): string;
  getJsxFragmentFactory(file: ts.SourceFile): string | undefined;
}

/** As a namespace, for the compiler: a variable of that name would keep it from seeing that those of a cell are one. */
function goOn({ name, renewed }: Continued): string {
  const local = localName(name);
  const deleted = renewed.map((path) => `delete ${local}?.${path.split(".").slice(1).join("?.")};`).join("");
  return `${local}=exports.${local};const ${partName(name)}=${local};${deleted}namespace ${local}{0}`;
}

function requires(compiler: TypeScript, file: ts.SourceFile, meaningOf: Meaning): Edit[] {
  return file.statements.flatMap((statement) =>
    isBuiltinImport(compiler, statement) ? [requireEdit(compiler, statement, meaningOf)] : [],
  );
}

function liveVariables(values: readonly Declared[]): Edit[] {
  const isStatement = ({ kind, nested }: Declared) => kind === "let" && nested === undefined;
  const starts = new Set(values.filter(isStatement).map(({ start }) => start));
  return [...starts].map((at) => ({ at, insert: "export " }));
}

/** `a` → `exports.a` wherever it is a variable of an earlier cell. */
function usesOfEarlier(compiler: TypeScript, { checked, names, syntax, loops, continued }: Given): Edit[] {
  const { program, file, earlier } = checked;
  const { last } = syntax;
  const known = topLevelNames(earlier);
  const own = topLevelNames(file);
  const checker = program.getTypeChecker();
  const edits: Edit[] = [];
  /** `declare namespace Geo` beside one of an earlier cell has no value of its own. */
  const onlyDeclared = new Set(continued.filter((one) => one.hasValue).map(({ name }) => name));
  for (const { name, ambient } of syntax.declared) if (!ambient) onlyDeclared.delete(name);
  const isEarlier = (node: ts.Identifier): boolean => {
    const table = onlyDeclared.has(node.text) && !isNameOfNamespace(compiler, node) ? own : known;
    return (
      names.get(node.text)?.some(({ value, ambient }) => value && !ambient) === true &&
      symbolOf(compiler, checker, node) === table.get(compiler.escapeLeadingUnderscores(node.text))
    );
  };
  const visit = (node: ts.Node): void => {
    if (compiler.isIdentifier(node) && isEarlier(node) && !loops.locals.has(node))
      edits.push(...useOfEarlier(compiler, { node, file, last }));
    compiler.forEachChild(node, visit);
  };
  visit(file);
  // The text after the cell is only for the type checker.
  return edits.filter(({ at }) => at < syntax.text.length);
}

function isNameOfNamespace(compiler: TypeScript, node: ts.Identifier): boolean {
  return compiler.isModuleDeclaration(node.parent) && node.parent.name === node;
}

/** `a` → `$cellOf_Geo.a` where it is what an earlier cell has put into the namespace. */
function usesOfNamespaces(compiler: TypeScript, { checked, continued, syntax }: Given): Edit[] {
  if (continued.length === 0) return [];
  const checker = checked.program.getTypeChecker();
  const symbolAt = (node: ts.Identifier) => symbolOf(compiler, checker, node);
  const uses = usesOfParts(compiler, { file: checked.file, checker, length: syntax.text.length }, symbolAt);
  return uses.map(({ node, path }) => ({
    at: node.getStart(checked.file),
    insert: `${isShorthand(compiler, node) ? `${node.text}: ` : ""}${partName(path)}.`,
    own: true,
  }));
}

/** What stands in front of the name, and the name itself where it is another one. */
function useOfEarlier(
  compiler: TypeScript,
  {
    node,
    file,
    last,
  }: { readonly node: ts.Identifier; readonly file: ts.SourceFile; readonly last: CellSyntax["last"] },
): Edit[] {
  const at = node.getStart(file);
  const name = localName(node.text);
  const called = isCalled(compiler, node);
  const before = isShorthand(compiler, node) ? `${node.text}: ` : called ? "(0," : "";
  // Without it the bracket would continue the expression of the line before.
  const end = called && at !== last?.start && beginsStatement(compiler, node) ? ";" : "";
  const insert = `${end}${before}exports.`;
  const put: Edit =
    name === node.text ? { at, insert, own: true } : { at, remove: node.end - at, insert: insert + name, own: true };
  return called ? [put, { at: node.end, insert: ")", closes: true }] : [put];
}

/** Whether it is the function of a call or the tag of a template: as a member of `exports` that would be its `this`. */
function isCalled(compiler: TypeScript, node: ts.Node): boolean {
  const { parent } = node;
  if (compiler.isCallExpression(parent)) return parent.expression === node;
  if (compiler.isTaggedTemplateExpression(parent)) return parent.tag === node;
  const isWrapped =
    compiler.isParenthesizedExpression(parent) ||
    compiler.isNonNullExpression(parent) ||
    compiler.isAsExpression(parent) ||
    compiler.isSatisfiesExpression(parent) ||
    compiler.isTypeAssertionExpression(parent) ||
    compiler.isExpressionWithTypeArguments(parent);
  return isWrapped && parent.expression === node && isCalled(compiler, parent);
}

/** Not in imports that become a `require`: see `requireEdit`. */
function ownNames(compiler: TypeScript, { checked: { program, file }, syntax, isPlain }: Given): Edit[] {
  const edits = renames(compiler, { file, checker: program.getTypeChecker() });
  const replaced = isPlain ? file.statements.filter((statement) => isBuiltinImport(compiler, statement)) : [];
  return edits.filter(({ at }) => at < syntax.text.length && !replaced.some(({ pos, end }) => pos <= at && at < end));
}
