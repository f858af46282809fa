import { resolve } from "node:path";
import type ts from "typescript";
import type { TypeScript } from "../../guards.js";
import { nestedTypeOf } from "../../nested-variables.js";
import { importedNames } from "./syntax.js";

/** One name that a cell leaves to the cells after it. */
export interface DeclaredName {
  readonly name: string;
  /**
   * Text of its declaration file: one statement, or several that belong together (overloads, a class and its
   * namespace).
   */
  readonly text: string;
  /** It names a value, a type, or both. */
  readonly value: boolean;
  readonly type: boolean;
  /** There is a value only after its statement has run: not for functions and imports. */
  readonly needsRun: boolean;
  /** The value is only declared (`declare const x`); later cells find it where this one would. */
  readonly ambient: boolean;
}

/** What later cells know, by name: at most one entry for the value and another one for the type. */
export type DeclaredNames = ReadonlyMap<string, readonly DeclaredName[]>;

/** Later declarations win, separately for values and for types: a `type A` doesn't touch the variable `A`. */
export function addNames(earlier: DeclaredNames, own: readonly DeclaredName[]): DeclaredNames {
  const names = new Map(earlier);
  for (const one of own) {
    const kept = (names.get(one.name) ?? []).flatMap((before) => remainder(before, one));
    names.set(one.name, [...kept, one]);
  }
  return names;
}

/**
 * What is left of a declaration when a later one takes its name. Of a class whose type is replaced stays a value of
 * which nothing is known; a class whose value is replaced goes.
 */
function remainder(before: DeclaredName, later: DeclaredName): DeclaredName[] {
  const value = before.value && !later.value;
  const type = before.type && !later.type;
  if (value === before.value && type === before.type) return [before];
  return value ? [{ ...before, value, type, text: `declare let ${before.name}: any;` }] : [];
}

const relativeModule = /(?<=\b(?:from\s*|import\(|import\s+)["'])\.{1,2}(?:\/[^"']*)?(?=["'])/g;

/** The same names for cells that import from another folder; `folder` is that of the cells so far. */
export function anchorNames(names: DeclaredNames, folder: string): DeclaredNames {
  const anchored = (text: string): string =>
    text.replace(relativeModule, (path) => JSON.stringify(resolve(folder, path)).slice(1, -1));
  return new Map(
    [...names].map(([name, all]) => [name, all.map((one) => ({ ...one, text: anchored(one.text) }))] as const),
  );
}

/** Text of the declaration file that stands for all earlier cells. */
export function textOfNames(names: DeclaredNames): string {
  const texts = [...names.values()].flatMap((entries) => entries.map(({ text }) => text));
  return `${texts.join("\n")}\nexport {};\n`;
}

/** The meaning of an imported name, which only the type checker knows. */
export type Meaning = (name: string) => { readonly value: boolean; readonly type: boolean };

/** Takes the declaration file of one cell apart. */
export function readNames(compiler: TypeScript, declarations: string, meaningOf: Meaning): DeclaredName[] {
  const file = compiler.createSourceFile("cell.d.ts", declarations, compiler.ScriptTarget.Latest, true);
  const byName = new Map<string, DeclaredName>();
  for (const one of file.statements.flatMap((statement) => namesOf(compiler, statement, meaningOf))) {
    const before = byName.get(one.name);
    byName.set(one.name, before === undefined ? one : joined(before, one));
  }
  return [...byName.values()];
}

function joined(a: DeclaredName, b: DeclaredName): DeclaredName {
  return {
    name: a.name,
    text: `${a.text}\n${b.text}`,
    value: a.value || b.value,
    type: a.type || b.type,
    needsRun: a.needsRun || b.needsRun,
    ambient: a.ambient && b.ambient,
  };
}

function namesOf(compiler: TypeScript, statement: ts.Statement, meaningOf: Meaning): DeclaredName[] {
  const one = (name: ts.Identifier | undefined, parts: Partial<DeclaredName>): DeclaredName[] => {
    if (name === undefined) return [];
    return [
      {
        name: name.text,
        text: statement.getFullText().trimStart(),
        value: false,
        type: false,
        needsRun: false,
        ambient: false,
        ...parts,
      },
    ];
  };
  if (compiler.isVariableStatement(statement)) return variables(compiler, statement);
  if (compiler.isImportDeclaration(statement)) return imports(compiler, statement, meaningOf);
  if (compiler.isImportEqualsDeclaration(statement)) return one(statement.name, meaningOf(statement.name.text));
  if (compiler.isFunctionDeclaration(statement)) {
    const variable = nestedTypeOf(statement);
    return one(statement.name, { value: true, ...(variable && { ...variable, needsRun: true }) });
  }
  if (compiler.isClassDeclaration(statement) || compiler.isEnumDeclaration(statement))
    return one(statement.name, { value: true, type: true, needsRun: true });
  if (compiler.isInterfaceDeclaration(statement) || compiler.isTypeAliasDeclaration(statement))
    return one(statement.name, { type: true });
  if (
    compiler.isModuleDeclaration(statement) &&
    compiler.isIdentifier(statement.name) &&
    statement.name.text !== "global"
  )
    return one(statement.name, { ...meaningOf(statement.name.text), type: true, needsRun: true });
  return [];
}

function variables(compiler: TypeScript, statement: ts.VariableStatement): DeclaredName[] {
  const { declarationList: list } = statement;
  const documentation = statement.getFullText().slice(0, -statement.getText().length).trimStart();
  const keyword = (list.flags & compiler.NodeFlags.Const) !== 0 ? "const" : "let";
  return list.declarations.flatMap((declaration) => {
    if (!compiler.isIdentifier(declaration.name)) return [];
    const text = `${documentation}declare ${keyword} ${declaration.getText()};`;
    return [{ name: declaration.name.text, text, value: true, type: false, needsRun: true, ambient: false }];
  });
}

/** One statement per name, so that each can be replaced by itself. */
function imports(compiler: TypeScript, statement: ts.ImportDeclaration, meaningOf: Meaning): DeclaredName[] {
  const clause = statement.importClause;
  const from = statement.moduleSpecifier.getText();
  // For what the module adds to the types of others: no variable is called so.
  const name = `import ${from}`;
  if (clause === undefined)
    return [{ name, text: `${name};`, value: false, type: false, needsRun: false, ambient: false }];
  const rest = statement.attributes === undefined ? from : `${from} ${statement.attributes.getText()}`;
  const kind = clause?.isTypeOnly === true ? "import type" : "import";
  const bindings = clause?.namedBindings;
  const named = bindings !== undefined && compiler.isNamedImports(bindings) ? bindings.elements : [];
  return importedNames(compiler, clause).map((name) => {
    const element = named.find((candidate) => candidate.name.text === name);
    const isDefault = element === undefined && clause?.name?.text === name;
    const what = element !== undefined ? `{ ${element.getText()} }` : isDefault ? name : `* as ${name}`;
    return { name, text: `${kind} ${what} from ${rest};`, ...meaningOf(name), needsRun: false, ambient: false };
  });
}
