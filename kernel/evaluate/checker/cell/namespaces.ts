import type ts from "typescript";
import { applyEdits, type Edit } from "../../../report/text-edits.js";
import { boundNames, type TypeScript } from "../../guards.js";
import type { DeclaredNames } from "./declared-names.js";
import { type CellSyntax, parseCell } from "./syntax.js";

/** A namespace that a cell adds to: those of several cells are one, as those of one module are. */
export interface Continued {
  readonly name: string;
  /** What earlier cells put into it, as far as this one doesn't declare it anew. */
  readonly text: string;
  /** It exists when the cell runs. */
  readonly hasValue: boolean;
  /** Its enums and namespaces that are replaced. The compiler's code would extend the existing ones. */
  readonly renewed: readonly string[];
}

/** A namespace takes the place of a class, a function, or a variable of its name; types stay beside it. */
export function continuedNamespaces(
  compiler: TypeScript,
  { declared, text }: CellSyntax,
  names: DeclaredNames,
): Continued[] {
  const added = new Set(declared.filter(({ kind }) => kind === "namespace").map(({ name }) => name));
  for (const { name, kind } of declared) if (kind !== "namespace" && kind !== "type") added.delete(name);
  const known = [...added].filter((name) => names.has(name));
  if (known.length === 0) return [];
  const own = membersOf(compiler, parseCell(compiler, text).statements, true);
  return known.flatMap((name) => {
    const parts = (names.get(name) ?? []).filter((one) => isMergeable(compiler, one.text));
    if (parts.length === 0) return [];
    const rests = parts.map((part) => restOf(compiler, part.text, own));
    return [
      {
        name,
        text: rests.map(({ text }) => text).join("\n"),
        hasValue: parts.some(({ value, ambient }) => value && !ambient),
        renewed: rests.flatMap(({ renewed }) => renewed),
      },
    ];
  });
}

function isMergeable(compiler: TypeScript, text: string): boolean {
  return parseCell(compiler, text, "part.d.ts").statements.every(
    (one) => compiler.isModuleDeclaration(one) || isType(compiler, one),
  );
}

function isType(compiler: TypeScript, node: ts.Node): boolean {
  return compiler.isInterfaceDeclaration(node) || compiler.isTypeAliasDeclaration(node);
}

interface Member {
  readonly name: string;
  /** Its statement, or its part of a statement that declares several variables. */
  readonly node: ts.Statement | ts.VariableDeclaration;
  readonly value: boolean;
  readonly type: boolean;
  /** Of a namespace. */
  readonly members?: readonly Member[];
}

/** What statements declare for others to see. `isOpen`: all of it, as there is nobody to hide it from. */
function membersOf(compiler: TypeScript, statements: readonly ts.Statement[], isOpen: boolean): Member[] {
  return statements.filter((one) => isOpen || isExported(compiler, one)).flatMap((one) => declaredBy(compiler, one));
}

function declaredBy(compiler: TypeScript, node: ts.Statement): Member[] {
  const one = (name: ts.Node | undefined, rest: Omit<Member, "name" | "node">): Member[] =>
    name !== undefined && compiler.isIdentifier(name) ? [{ name: name.text, node, ...rest }] : [];
  if (compiler.isVariableStatement(node))
    return node.declarationList.declarations.flatMap((variable) =>
      boundNames(compiler, variable.name).map((name) => ({ name, node: variable, value: true, type: false })),
    );
  if (compiler.isFunctionDeclaration(node)) return one(node.name, { value: true, type: false });
  if (compiler.isClassDeclaration(node) || compiler.isEnumDeclaration(node))
    return one(node.name, { value: true, type: true });
  if (compiler.isInterfaceDeclaration(node) || compiler.isTypeAliasDeclaration(node))
    return one(node.name, { value: false, type: true });
  if (compiler.isImportEqualsDeclaration(node)) return one(node.name, { value: true, type: true });
  return compiler.isModuleDeclaration(node)
    ? one(node.name, { value: true, type: true, members: inside(compiler, node) })
    : [];
}

function inside(compiler: TypeScript, node: ts.ModuleDeclaration): Member[] {
  const { body } = node;
  if (body === undefined || compiler.isIdentifier(body)) return [];
  // `namespace A.B`
  if (!compiler.isModuleBlock(body)) return declaredBy(compiler, body as ts.Statement);
  const hides = body.statements.some((one) => compiler.isExportDeclaration(one));
  return membersOf(compiler, body.statements, isAmbient(compiler, node) && !hides);
}

/** An ambient namespace exports everything, unless it has an export list. */
function isAmbient(compiler: TypeScript, node: ts.Node): boolean {
  if (compiler.isSourceFile(node)) return node.isDeclarationFile;
  const modifiers = compiler.canHaveModifiers(node) ? node.modifiers : undefined;
  return (
    modifiers?.some(({ kind }) => kind === compiler.SyntaxKind.DeclareKeyword) === true ||
    isAmbient(compiler, node.parent)
  );
}

function isExported(compiler: TypeScript, node: ts.Statement): boolean {
  const modifiers = compiler.canHaveModifiers(node) ? node.modifiers : undefined;
  return modifiers?.some(({ kind }) => kind === compiler.SyntaxKind.ExportKeyword) === true;
}

interface Rest {
  readonly text: string;
  readonly renewed: readonly string[];
}

/** What is left of declarations of earlier cells beside those of a cell. */
function restOf(compiler: TypeScript, text: string, own: readonly Member[]): Rest {
  const file = parseCell(compiler, text, "part.d.ts");
  const gone = new Set<ts.Node>();
  const renewed: string[] = [];
  /** Gives whether anything is left. */
  const keep = (member: Member, others: readonly Member[], path: string): boolean => {
    const same = others.filter(({ name }) => name === member.name);
    const here = path + member.name;
    const isReplaced = same.some((one) => replaces(compiler, one, member));
    if (isReplaced && path !== "" && same.some((one) => one.members !== undefined || isEnum(compiler, one)))
      renewed.push(here);
    const next = same.flatMap(({ members = [] }) => members);
    const isKept =
      !isReplaced &&
      (member.members === undefined || member.members.filter((one) => keep(one, next, `${here}.`)).length > 0);
    if (!isKept) gone.add(member.node);
    return isKept;
  };
  for (const member of membersOf(compiler, file.statements, true)) keep(member, own, "");
  return { text: applyEdits(text, removals(compiler, file, gone)).text.trim(), renewed };
}

function isEnum(compiler: TypeScript, { node }: Member): boolean {
  return compiler.isEnumDeclaration(node);
}

function replaces(compiler: TypeScript, own: Member, before: Member): boolean {
  if (own.members !== undefined) return before.members === undefined && !isType(compiler, before.node);
  if (before.members !== undefined) return own.value;
  return (own.value && before.value) || (own.type && before.type);
}

function removals(compiler: TypeScript, file: ts.SourceFile, gone: ReadonlySet<ts.Node>): Edit[] {
  const edits: Edit[] = [];
  const cut = (from: number, to: number, insert = ""): void => {
    edits.push({ at: from, remove: to - from, insert });
  };
  const visit = (node: ts.Node): void => {
    const list = compiler.isVariableStatement(node) ? node.declarationList.declarations : undefined;
    const kept = list?.filter((one) => !gone.has(one));
    if (gone.has(node) || kept?.length === 0) cut(node.getFullStart(), node.end);
    else if (list === undefined || kept === undefined) compiler.forEachChild(node, visit);
    else if (kept.length < list.length) cut(list.pos, list.end, ` ${kept.map((one) => one.getText(file)).join(", ")}`);
  };
  visit(file);
  return edits;
}

/** Name of the namespace for code in it: the user may have other variables of its name there. */
export function partName(name: string): string {
  return `$cellOf_${name}`;
}

interface Used {
  readonly file: ts.SourceFile;
  readonly checker: ts.TypeChecker;
  /** Length of the cell; behind it stands what earlier cells put into its namespaces. */
  readonly length: number;
}

/** Uses of members of earlier parts by their names alone, with the path that leads to each. */
export function usesOfParts(
  compiler: TypeScript,
  { file, checker, length }: Used,
  symbolAt: (node: ts.Identifier) => ts.Symbol | undefined,
): { readonly node: ts.Identifier; readonly path: string }[] {
  const found: { node: ts.Identifier; path: string }[] = [];
  const pathTo = (node: ts.Identifier): string | undefined => {
    const symbol = symbolAt(node);
    const declarations = symbol?.declarations ?? [];
    const isOfParts =
      declarations.length > 0 && declarations.every((one) => one.getSourceFile() === file && one.pos >= length);
    if (symbol === undefined || !isOfParts || !isValue(compiler, checker, symbol)) return undefined;
    return pathOf(compiler, declarations[0] as ts.Node);
  };
  const visit = (node: ts.Node): void => {
    if (compiler.isIdentifier(node) && !isOfAnother(compiler, node)) {
      const path = pathTo(node);
      if (path !== undefined) found.push({ node, path });
    }
    compiler.forEachChild(node, visit);
  };
  for (const statement of file.statements) if (statement.end <= length) visit(statement);
  return found;
}

/** In `a.b`, `A.B`, and `{ b: c } = a` the owner of `b` is known. */
function isOfAnother(compiler: TypeScript, node: ts.Identifier): boolean {
  const { parent } = node;
  if (compiler.isPropertyAccessExpression(parent)) return parent.name === node;
  if (compiler.isQualifiedName(parent)) return parent.right === node;
  return compiler.isBindingElement(parent) && parent.propertyName === node;
}

function isValue(compiler: TypeScript, checker: ts.TypeChecker, symbol: ts.Symbol): boolean {
  const isAlias = (symbol.flags & compiler.SymbolFlags.Alias) !== 0;
  const { flags } = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  return (flags & compiler.SymbolFlags.Value) !== 0;
}

/** `A.B` for code in namespace B of namespace A; undefined outside of namespaces. */
function pathOf(compiler: TypeScript, declaration: ts.Node): string | undefined {
  const names: string[] = [];
  for (let node = declaration.parent; !compiler.isSourceFile(node); node = node.parent)
    if (compiler.isModuleDeclaration(node)) names.unshift(node.name.text);
    else if (
      !compiler.isModuleBlock(node) &&
      !compiler.isVariableStatement(node) &&
      !compiler.isVariableDeclarationList(node)
    )
      return undefined;
  return names.length === 0 ? undefined : names.join(".");
}
