import type ts from "typescript";
import type { Edit } from "../../../report/text-edits.js";
import type { TypeScript } from "../../guards.js";
import { isShorthand, localName, mayHaveTakenNames, renames, symbolOf } from "../../own-names.js";
import type { Checked } from "../program/language.js";
import { isBuiltinImport, requireEdit } from "./builtin-imports.js";
import type { CarriedNames, Meaning } from "./carried.js";
import { meaningIn, topLevelNames } from "./meaning.js";
import type { CellSyntax, Declared } from "./syntax.js";

interface Given {
  readonly syntax: CellSyntax;
  readonly checked: Checked;
  readonly names: CarriedNames;
  /** The cell will not be translated; see `isPlainScript`. */
  readonly isPlain: boolean;
}

/**
 * What turns a cell into the body of a function of `exports`, the object that holds the variables of all cells. Constants, functions, classes and
 * the like are put into it when they have a value; `let` and `var` live in it, so that a function sees what a later cell assigns.
 * The value of the last expression is returned, in an array, which tells it from that of a cell without one.
 */
export function scriptEdits(compiler: TypeScript, given: Given): Edit[] {
  const { syntax, checked, names, isPlain } = given;
  const { last } = syntax;
  const meaningOf = meaningIn(compiler, checked);
  const values = syntax.declared.filter(
    ({ name, kind, ambient }) => !ambient && hasValue(kind, () => meaningOf(name).value),
  );
  const start: Edit[] = last === undefined ? [] : [{ at: last.start, insert: "return[(", own: true }];
  const end: Edit[] = last === undefined ? [] : [{ at: last.end, insert: ")];", closes: true }];
  return [
    // As modules are, and as the compiler makes them.
    ...(isPlain ? [{ at: 0, insert: '"use strict";' }] : []),
    { at: 0, insert: prologue(values) },
    ...start,
    ...liveVariables(values),
    ...(isPlain ? requires(compiler, checked.file, meaningOf) : []),
    ...syntax.edits,
    ...usesOfEarlier(compiler, checked, names),
    ...(mayHaveTakenNames(syntax.text) ? ownNames(compiler, checked, isPlain) : []),
    ...values
      .filter(({ kind }) => isPutAfterwards(kind))
      .map(({ name, end: at }) => ({
        at,
        insert: `;exports.${localName(name)}=${localName(name)};`,
        closes: true as const,
      })),
    ...end,
  ];
}

function hasValue(kind: Declared["kind"], isValue: () => boolean): boolean {
  if (kind === "import" || kind === "namespace") return isValue();
  return kind !== "type" && kind !== "using";
}

function isPutAfterwards(kind: Declared["kind"]): boolean {
  return kind === "const" || kind === "class" || kind === "enum" || kind === "namespace" || kind === "import";
}

/** A name has no value until its statement has run, not even that of an earlier cell; functions have theirs from the start. */
function prologue(values: readonly Declared[]): string {
  const afterwards = new Set(values.filter(({ kind }) => isPutAfterwards(kind)).map(({ name }) => localName(name)));
  const functions = new Set(values.filter(({ kind }) => kind === "function").map(({ name }) => localName(name)));
  const cleared = [...afterwards].map((name) => `exports.${name}=`).join("");
  return [cleared === "" ? "" : `${cleared}void 0;`, ...[...functions].map((name) => `exports.${name}=${name};`)].join(
    "",
  );
}

function requires(compiler: TypeScript, file: ts.SourceFile, meaningOf: Meaning): Edit[] {
  return file.statements.flatMap((statement) =>
    isBuiltinImport(compiler, statement) ? [requireEdit(compiler, statement, meaningOf)] : [],
  );
}

function liveVariables(values: readonly Declared[]): Edit[] {
  const starts = new Set(values.filter(({ kind }) => kind === "let").map(({ start }) => start));
  return [...starts].map((at) => ({ at, insert: "export " }));
}

/** `a` → `exports.a` wherever it is a variable of an earlier cell. */
function usesOfEarlier(compiler: TypeScript, { program, file, earlier }: Checked, names: CarriedNames): Edit[] {
  const known = topLevelNames(earlier);
  const checker = program.getTypeChecker();
  const edits: Edit[] = [];
  const isEarlier = (node: ts.Identifier): boolean =>
    names.get(node.text)?.some(({ value, ambient }) => value && !ambient) === true &&
    symbolOf(compiler, checker, node) === known.get(compiler.escapeLeadingUnderscores(node.text));
  /** What stands in front of the name, and the name itself where it is another one. */
  const put = (node: ts.Identifier, before: string): Edit => {
    const at = node.getStart(file);
    const name = localName(node.text);
    if (name === node.text) return { at, insert: before, own: true };
    return { at, remove: node.end - at, insert: before + name, own: true };
  };
  const visit = (node: ts.Node): void => {
    if (compiler.isIdentifier(node) && isEarlier(node))
      edits.push(put(node, isShorthand(compiler, node) ? `${node.text}: exports.` : "exports."));
    compiler.forEachChild(node, visit);
  };
  visit(file);
  return edits;
}

/** Not in imports that become a `require`: see `requireEdit`. */
function ownNames(compiler: TypeScript, { program, file }: Checked, isPlain: boolean): Edit[] {
  const edits = renames(compiler, { file, checker: program.getTypeChecker() });
  const replaced = isPlain ? file.statements.filter((statement) => isBuiltinImport(compiler, statement)) : [];
  return edits.filter(({ at }) => !replaced.some(({ pos, end }) => pos <= at && at < end));
}
