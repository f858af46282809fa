import type ts from "typescript";
import type { TypeScript } from "../../guards.js";

/**
 * A script without its comments, and with no more spaces and line ends than it takes for the same meaning: V8 keeps the
 * text of what it may have to compile.
 */
export function compactScript(compiler: TypeScript, text: string): string {
  const literals = literalsIn(compiler, text);
  const scanner = compiler.createScanner(compiler.ScriptTarget.Latest, true, compiler.LanguageVariant.Standard, text);
  const parts: string[] = [];
  let last = "";
  let from = 0;
  while (scanner.scan() !== compiler.SyntaxKind.EndOfFileToken) {
    const start = scanner.getTokenStart();
    const literalEnd = literals.get(start);
    if (literalEnd !== undefined) scanner.resetTokenState(literalEnd);
    const end = literalEnd ?? scanner.getTokenEnd();
    const token = text.slice(start, end);
    parts.push(between(text.slice(from, start), last, token), token);
    last = token;
    from = end;
  }
  return parts.join("");
}

/** What has to stand between two tokens that have `trivia` between them. */
function between(trivia: string, last: string, next: string): string {
  if (trivia === "") return "";
  // A line end may be the end of a statement; not behind these, and before a brace that closes it isn't needed.
  if (trivia.includes("\n") && !/[{(,;]$/.test(last) && !/^[})\],;]/.test(next)) return "\n";
  const meet = (before: RegExp, after: RegExp): boolean => before.test(last) && after.test(next);
  const isNeeded =
    meet(/[\w$\u0080-\uffff]$/, /^[\w$\u0080-\uffff#\\]/) ||
    // `+ +`, `/ /`, and the like would become other tokens, as would `1 .a` and `/a/ in b`.
    meet(/[-+*/<>=&|?!.:%^~]$/, /^[-+*/<>=&|?!.:%^~]/) ||
    meet(/\d$/, /^\./) ||
    meet(/\/$/, /^\w/);
  return isNeeded ? " " : "";
}

/**
 * What the scanner can't tell from operators and braces: where regular expressions and the parts of templates begin,
 * and where they end.
 */
function literalsIn(compiler: TypeScript, text: string): Map<number, number> {
  const file = compiler.createSourceFile(
    "script.js",
    text,
    compiler.ScriptTarget.Latest,
    false,
    compiler.ScriptKind.JS,
  );
  const found = new Map<number, number>();
  const visit = (node: ts.Node): void => {
    if (
      compiler.isRegularExpressionLiteral(node) ||
      compiler.isTemplateHead(node) ||
      compiler.isTemplateMiddleOrTemplateTail(node)
    )
      found.set(node.getStart(file), node.end);
    compiler.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
