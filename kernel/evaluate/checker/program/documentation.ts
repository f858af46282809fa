import { readFileSync } from "node:fs";
import type ts from "typescript";
import type { TypeScript } from "../../guards.js";
import type { Origin } from "./bundles.js";
import { offsetWithCommentLines } from "./comment-lines.js";
import type { Language } from "./language.js";

type Documented = Pick<ts.QuickInfo, "documentation" | "tags">;

/**
 * What the declarations of the language and of Node say about the name at a place of the cell: it is parsed when it is
 * asked for.
 */
export function libraryDocumentation(compiler: TypeScript, language: Language, offset: number): Documented {
  const definitions = language.service.getDefinitionAtPosition(language.cell, offset) ?? [];
  for (const { fileName, textSpan } of definitions) {
    const origin = language.bundles.originOf(fileName, textSpan.start);
    const found = origin === undefined ? undefined : documentationAt(compiler, origin);
    if (found !== undefined) return found;
  }
  return {};
}

function documentationAt(compiler: TypeScript, { path, offset }: Origin): Documented | undefined {
  const file = parsed(compiler, path);
  const innermost = nodeAt(compiler, file, offsetWithCommentLines(file.text, offset));
  const found = compiler.findAncestor(innermost, (node) => commentsOf(compiler, node).length > 0);
  const [comment] = found === undefined ? [] : commentsOf(compiler, found).slice(-1);
  if (comment === undefined) return undefined;
  const text = compiler.getTextOfJSDocComment(comment.comment) ?? "";
  const tags = (comment.tags ?? []).map((tag) => ({ name: tag.tagName.text, text: [part(tagText(compiler, tag))] }));
  return { documentation: [part(text)], tags };
}

function part(text: string): ts.SymbolDisplayPart {
  return { kind: "text", text };
}

function tagText(compiler: TypeScript, tag: ts.JSDocTag): string {
  const name = compiler.isJSDocParameterTag(tag) ? `${tag.name.getText()} ` : "";
  return name + (compiler.getTextOfJSDocComment(tag.comment) ?? "");
}

function commentsOf(compiler: TypeScript, node: ts.Node): ts.JSDoc[] {
  const isDeclaration =
    compiler.isSourceFile(node) || compiler.isModuleBlock(node) || compiler.isModuleDeclaration(node);
  return isDeclaration ? [] : compiler.getJSDocCommentsAndTags(node).filter(compiler.isJSDoc);
}

/** The innermost node there. */
function nodeAt(compiler: TypeScript, file: ts.SourceFile, offset: number): ts.Node {
  const search = (node: ts.Node): ts.Node => {
    const inside = (child: ts.Node) => (child.getStart(file) <= offset && offset < child.end ? child : undefined);
    const child = compiler.forEachChild(node, inside);
    return child === undefined ? node : search(child);
  };
  return search(file);
}

/** The few files that were asked for last. */
const recent = new Map<string, ts.SourceFile>();
const atMost = 4;

function parsed(compiler: TypeScript, path: string): ts.SourceFile {
  const known = recent.get(path);
  if (known !== undefined) return known;
  const options = {
    languageVersion: compiler.ScriptTarget.Latest,
    jsDocParsingMode: compiler.JSDocParsingMode.ParseAll,
  };
  const file = compiler.createSourceFile(path, readFileSync(path, "utf8"), options, true);
  recent.set(path, file);
  if (recent.size > atMost) recent.delete([...recent.keys()][0] ?? "");
  return file;
}
