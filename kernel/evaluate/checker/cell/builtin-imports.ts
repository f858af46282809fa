import { isBuiltin } from "node:module";
import type ts from "typescript";
import type { Edit } from "../../../report/text-edits.js";
import type { TypeScript } from "../../guards.js";
import { localName } from "../../own-names.js";
import type { Meaning } from "./declared-names.js";

/** Whether a statement imports one of Node's own modules, whose exports don't change. */
export function isOfNode(compiler: TypeScript, statement: ts.Statement): statement is ts.ImportDeclaration {
  if (!compiler.isImportDeclaration(statement)) return false;
  const { moduleSpecifier: from } = statement;
  return compiler.isStringLiteral(from) && isBuiltin(from.text);
}

/**
 * Whether an import needs no translation but `const { a } = require("node:m")`: one of Node's own modules, and not as a
 * namespace.
 */
export function isBuiltinImport(compiler: TypeScript, statement: ts.Statement): statement is ts.ImportDeclaration {
  if (!isOfNode(compiler, statement) || statement.attributes !== undefined) return false;
  const bindings = statement.importClause?.namedBindings;
  if (bindings === undefined) return true;
  return (
    compiler.isNamedImports(bindings) && bindings.elements.every(({ propertyName }) => isName(compiler, propertyName))
  );
}

function isName(compiler: TypeScript, name: ts.ModuleExportName | undefined): boolean {
  return name === undefined || compiler.isIdentifier(name);
}

/** The `require` for such an import; names that are only types are left out, and an import of nothing else is none. */
export function requireEdit(compiler: TypeScript, statement: ts.ImportDeclaration, meaningOf: Meaning): Edit {
  const { importClause: clause, moduleSpecifier: from } = statement;
  const at = statement.getStart();
  const load = `require(${from.getText()})`;
  const isValue = (name: string) => clause?.isTypeOnly !== true && meaningOf(name).value;
  const bindings = clause?.namedBindings;
  const elements = bindings !== undefined && compiler.isNamedImports(bindings) ? bindings.elements : [];
  const named = elements.filter(({ name }) => isValue(name.text));
  const pairs = named.map(({ name, propertyName }) => `${(propertyName ?? name).text}: ${localName(name.text)}`);
  const declared = [
    ...(clause?.name !== undefined && isValue(clause.name.text) ? [`${localName(clause.name.text)} = ${load}`] : []),
    ...(pairs.length > 0 ? [`{ ${pairs.join(", ")} } = ${load}`] : []),
  ];
  const insert = clause === undefined ? `${load};` : declared.length === 0 ? "" : `const ${declared.join(", ")};`;
  return { at, remove: statement.end - at, insert, own: true };
}
