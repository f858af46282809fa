import type ts from "typescript";
import type { TypeScript } from "../guards.js";

/**
 * What the next cells may know after a cell failed half-way: types, functions, and imports, and of the variables and
 * classes those that got a value.
 * `declarations` is the text of a declaration file.
 */
export function aliveDeclarations(
  compiler: TypeScript,
  declarations: string,
  isAlive: (name: string) => boolean,
): string {
  const file = compiler.createSourceFile("cell.d.ts", declarations, compiler.ScriptTarget.Latest, true);
  return file.statements.flatMap((statement) => aliveStatement(compiler, statement, isAlive)).join("\n");
}

function aliveStatement(
  compiler: TypeScript,
  statement: ts.Statement,
  isAlive: (name: string) => boolean,
): string | string[] {
  if (compiler.isClassDeclaration(statement) || compiler.isEnumDeclaration(statement))
    return statement.name !== undefined && isAlive(statement.name.text) ? statement.getFullText() : [];
  if (!compiler.isVariableStatement(statement)) return statement.getFullText();
  const { declarations, flags } = statement.declarationList;
  const kept = declarations.filter(({ name }) => compiler.isIdentifier(name) && isAlive(name.text));
  const keyword = (flags & compiler.NodeFlags.Const) !== 0 ? "const" : "let";
  return kept.map((declaration) => `declare ${keyword} ${declaration.getText()};`);
}

/**
 * Declarations after a cell that began with `base` and ends with `own`, while other cells went from `base` to `others`.
 * Where both declare a name, the cell that ends now wins.
 */
export function mergeDeclarations(
  compiler: TypeScript,
  texts: { readonly base: string; readonly own: string; readonly others: string },
): string {
  const parse = (text: string): { readonly text: string; readonly names: readonly string[] }[] =>
    compiler
      .createSourceFile("cell.d.ts", text, compiler.ScriptTarget.Latest, true)
      .statements.map((statement) => ({ text: statement.getText(), names: namesOf(compiler, statement) }));
  const base = new Set(parse(texts.base).map(({ text }) => withoutModifiers(text)));
  const isNew = ({ text }: { readonly text: string }): boolean => !base.has(withoutModifiers(text));
  const own = parse(texts.own);
  const ownNames = new Set(own.filter(isNew).flatMap(({ names }) => names));
  const added = parse(texts.others).filter((one) => isNew(one) && !one.names.some((name) => ownNames.has(name)));
  const addedNames = new Set(added.flatMap(({ names }) => names));
  const kept = own.filter((one) => isNew(one) || !one.names.some((name) => addedNames.has(name)));
  return [...kept, ...added].map(({ text }) => text).join("\n");
}

/** The converter prints `declare let a` for a new variable and `let a` once it comes from an earlier cell. */
function withoutModifiers(text: string): string {
  return text.replace(/^(?:(?:export|declare)\s+)+/, "").replace(/\s+/g, " ");
}

function namesOf(compiler: TypeScript, statement: ts.Statement): string[] {
  if (compiler.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) =>
      compiler.isIdentifier(name) ? [name.text] : [],
    );
  if (compiler.isImportDeclaration(statement)) return importedNames(compiler, statement.importClause);
  const { name } = statement as ts.Statement & { readonly name?: ts.Node };
  return name !== undefined && compiler.isIdentifier(name) ? [name.text] : [];
}

function importedNames(compiler: TypeScript, clause: ts.ImportClause | undefined): string[] {
  const bindings = clause?.namedBindings;
  const named =
    bindings === undefined
      ? []
      : compiler.isNamespaceImport(bindings)
        ? [bindings.name.text]
        : bindings.elements.map(({ name }) => name.text);
  return clause?.name === undefined ? named : [clause.name.text, ...named];
}
