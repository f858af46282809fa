import type ts from "typescript";
import type { Edit } from "../report/text-edits.js";
import type { TypeScript } from "./guards.js";

/**
 * What the compiler says if the type of a variable or a function can't be written down for later cells: it has a name
 * that its package doesn't export, or it is too long. In a program of one's own that is an error of whoever publishes
 * types; in a notebook nothing is published.
 */
const cannotBeNamed = new Set([2527, 2742, 4023, 4024, 4025, 4058, 4059, 4060, 4094, 7056]);

/**
 * Edits that declare these as `any`, so that the cell runs; undefined if there is any other finding or a place that
 * can't be loosened.
 */
export function loosenTypes(
  compiler: TypeScript,
  text: string,
  findings: readonly { readonly code: number; readonly offset: number }[],
): readonly Edit[] | undefined {
  if (findings.length === 0 || !findings.every(({ code }) => cannotBeNamed.has(code))) return undefined;
  const file = compiler.createSourceFile("cell.ts", text, compiler.ScriptTarget.Latest, true, compiler.ScriptKind.TS);
  const edits = new Map<number, Edit>();
  for (const { offset } of findings) {
    const declaration = declarationAt(compiler, file, offset);
    if (declaration === undefined) return undefined;
    const at = compiler.isVariableDeclaration(declaration) ? declaration.name.end : endOfParameters(declaration, file);
    edits.set(at, { at, insert: isAsync(compiler, declaration) ? ": Promise<any>" : ": any" });
  }
  return [...edits.values()];
}

type Loosenable = ts.VariableDeclaration | ts.FunctionDeclaration;

function declarationAt(compiler: TypeScript, file: ts.SourceFile, offset: number): Loosenable | undefined {
  const search = (node: ts.Node): Loosenable | undefined => {
    if (offset < node.getStart(file) || offset >= node.end) return undefined;
    const isVariable = compiler.isVariableDeclaration(node) && compiler.isIdentifier(node.name);
    const isOpen = isVariable || (compiler.isFunctionDeclaration(node) && node.body !== undefined);
    if (isOpen && node.type === undefined && node.name?.getStart(file) === offset) return node;
    return compiler.forEachChild(node, search);
  };
  return compiler.forEachChild(file, search);
}

function endOfParameters(declaration: ts.FunctionDeclaration, file: ts.SourceFile): number {
  return file.text.indexOf(")", declaration.parameters.end) + 1;
}

function isAsync(compiler: TypeScript, node: Loosenable): boolean {
  if (!compiler.isFunctionDeclaration(node)) return false;
  return node.modifiers?.some((modifier) => modifier.kind === compiler.SyntaxKind.AsyncKeyword) === true;
}
