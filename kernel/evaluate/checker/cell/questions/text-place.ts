import type ts from "typescript";
import type { TypeScript } from "../../../guards.js";
import type { Checked, Language } from "../../program/language.js";

interface Asked {
  readonly language: Language;
  readonly checked: Checked;
  readonly cursor: number;
}

/** Whether the cursor is inside of a comment, a string, a regular expression, or the text of a template. */
export function isInText(compiler: TypeScript, { language, checked: { file }, cursor }: Asked): boolean {
  if (language.service.getSpanOfEnclosingComment(language.cell, cursor, false) !== undefined) return true;
  const { SyntaxKind } = compiler;
  const kinds = new Set<ts.SyntaxKind>([
    SyntaxKind.StringLiteral,
    SyntaxKind.RegularExpressionLiteral,
    SyntaxKind.NoSubstitutionTemplateLiteral,
    SyntaxKind.TemplateHead,
    SyntaxKind.TemplateMiddle,
    SyntaxKind.TemplateTail,
  ]);
  const isInside = (node: ts.Node): boolean => {
    const start = node.getStart(file);
    if (cursor <= start || cursor > node.end) return false;
    const isOpen = (node as { isUnterminated?: boolean }).isUnterminated === true;
    if (kinds.has(node.kind)) return cursor < node.end || isOpen;
    return compiler.forEachChild(node, isInside) ?? false;
  };
  return compiler.forEachChild(file, isInside) ?? false;
}
