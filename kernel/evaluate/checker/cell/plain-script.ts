import type ts from "typescript";
import type { TypeScript } from "../../guards.js";
import { isBuiltinImport } from "./builtin-imports.js";

/**
 * Whether a cell is JavaScript already, of the kind that Node runs in a function: no types, no modules but Node's own,
 * no `let` at its top level (which has to live in `exports`), nothing newer than ECMAScript 2022. Most short cells are,
 * and a third of the time for one would go into the translation.
 */
export function isPlainScript(compiler: TypeScript, file: ts.SourceFile): boolean {
  // White space for the compiler, which drops it, and nonsense for V8: a zero-width space comes with text that was
  // copied from a page.
  if (file.text.startsWith("#!") || /[\u0085\u180e\u200b]/.test(file.text)) return false;
  const isPlain = (node: ts.Node): boolean =>
    isPlainNode(compiler, node) && compiler.forEachChild(node, (child) => !isPlain(child)) !== true;
  const isFree = (statement: ts.Statement): boolean =>
    isExportList(compiler, statement) || isBuiltinImport(compiler, statement);
  return file.statements.every(
    (statement) => isFree(statement) || (!isLive(compiler, statement) && isPlain(statement)),
  );
}

/** Blanked out, or put there for the type checker only. */
function isExportList(compiler: TypeScript, statement: ts.Statement): boolean {
  return compiler.isExportDeclaration(statement) && statement.moduleSpecifier === undefined;
}

function isLive(compiler: TypeScript, statement: ts.Statement): boolean {
  if (!compiler.isVariableStatement(statement)) return false;
  return (statement.declarationList.flags & compiler.NodeFlags.Const) === 0;
}

function isPlainNode(compiler: TypeScript, node: ts.Node): boolean {
  const { SyntaxKind } = compiler;
  switch (node.kind) {
    case SyntaxKind.ExpressionWithTypeArguments:
      return (node as ts.ExpressionWithTypeArguments).typeArguments === undefined;
    case SyntaxKind.HeritageClause:
      return (node as ts.HeritageClause).token === SyntaxKind.ExtendsKeyword;
    case SyntaxKind.VariableDeclarationList:
      return (node.flags & compiler.NodeFlags.Using) === 0;
    case SyntaxKind.Parameter: {
      const { questionToken, name } = node as ts.ParameterDeclaration;
      return questionToken === undefined && !(compiler.isIdentifier(name) && name.text === "this");
    }
    case SyntaxKind.PropertyDeclaration: {
      const { questionToken, exclamationToken } = node as ts.PropertyDeclaration;
      return questionToken === undefined && exclamationToken === undefined;
    }
    case SyntaxKind.FunctionDeclaration:
    case SyntaxKind.MethodDeclaration:
    case SyntaxKind.Constructor:
    case SyntaxKind.GetAccessor:
    case SyntaxKind.SetAccessor:
      return (
        (node as ts.FunctionLikeDeclaration).body !== undefined && !("questionToken" in node && node.questionToken)
      );
    default:
      return !isOfTypeScript(compiler, node);
  }
}

function isOfTypeScript(compiler: TypeScript, node: ts.Node): boolean {
  if (compiler.isTypeNode(node)) return true;
  if (compiler.isModifier(node))
    return node.kind !== compiler.SyntaxKind.AsyncKeyword && node.kind !== compiler.SyntaxKind.StaticKeyword;
  return kindsOfTypeScript(compiler).has(node.kind);
}

let kinds: ReadonlySet<ts.SyntaxKind> | undefined;

function kindsOfTypeScript({ SyntaxKind }: TypeScript): ReadonlySet<ts.SyntaxKind> {
  kinds ??= new Set([
    SyntaxKind.AsExpression,
    SyntaxKind.SatisfiesExpression,
    SyntaxKind.NonNullExpression,
    SyntaxKind.TypeAssertionExpression,
    SyntaxKind.TypeParameter,
    SyntaxKind.EnumDeclaration,
    SyntaxKind.ModuleDeclaration,
    SyntaxKind.InterfaceDeclaration,
    SyntaxKind.TypeAliasDeclaration,
    SyntaxKind.ImportDeclaration,
    SyntaxKind.ImportEqualsDeclaration,
    SyntaxKind.ExportDeclaration,
    SyntaxKind.ExportAssignment,
    SyntaxKind.IndexSignature,
    SyntaxKind.Decorator,
    SyntaxKind.JsxElement,
    SyntaxKind.JsxSelfClosingElement,
    SyntaxKind.JsxFragment,
    SyntaxKind.MissingDeclaration,
  ]);
  return kinds;
}
