import type ts from "typescript";
import type { Completeness, Completion, Inspection } from "./evaluator.js";
import type { TypeScript } from "./guards.js";

/** What tslab's converter answers to a completion request. */
export interface Candidates {
  readonly start: number;
  readonly end: number;
  readonly candidates: readonly string[];
  readonly original?: ts.CompletionInfo;
  /** What names stand for, where the compiler only says that they are imported. */
  readonly kinds?: ReadonlyMap<string, string>;
}

/** Names that only exist because of how cells are run. */
const hidden = new Set(["tsLastExpr", "$cellGuard", "$cellFlag", "$cellStop", "__tslab__"]);

export function describeCompletion(candidates: Candidates, code: string, cursor: number): Completion {
  const kinds = new Map(candidates.original?.entries.map((entry) => [entry.name, entry.kind as string]));
  const { start, end, names } = insideString(candidates, code, cursor) ?? {
    ...candidates,
    names: candidates.candidates,
  };
  const shown = [...new Set(names)].filter((name) => !hidden.has(name));
  return {
    start,
    end,
    matches: shown.map((text) => ({ text, kind: candidates.kinds?.get(text) ?? kinds.get(text) ?? "" })),
  };
}

/**
 * Inside a string whose type has known texts, a completion replaces all of it: `"parallel.` → `"parallel.full_batch`.
 * tslab would insert every candidate at the cursor. Undefined where the cursor is not in such a string.
 */
function insideString(
  { original, candidates }: Candidates,
  code: string,
  cursor: number,
): { start: number; end: number; names: readonly string[] } | undefined {
  const entries = original?.entries ?? [];
  if (entries.length === 0 || !entries.every(({ kind }) => (kind as string) === "string")) return undefined;
  // An open string has no span: it begins at the last quote before the cursor.
  const span = original?.optionalReplacementSpan ?? {
    start: Math.max(...['"', "'", "`"].map((quote) => code.lastIndexOf(quote, cursor - 1))) + 1,
    length: 0,
  };
  const quote = code[span.start - 1] ?? "";
  if (!/["'`]/.test(quote) || cursor < span.start) return undefined;
  const typed = code.slice(span.start, cursor).toLowerCase();
  const closed = span.length > 0 && code[span.start + span.length] === quote;
  const named = (fits: (name: string) => boolean) => candidates.filter((name) => fits(name.toLowerCase()));
  const beginning = named((name) => name.startsWith(typed));
  const names = beginning.length > 0 ? beginning : named((name) => name.includes(typed));
  return { start: span.start, end: closed ? Math.max(cursor, span.start + span.length) : cursor, names };
}

/**
 * What is known about a name: its signature, then its documentation. Detail 1 adds the tags (`@param`, `@returns`, …).
 */
export function describeInspection(info: ts.QuickInfo, detail: 0 | 1): Inspection {
  const signature = joinParts(info.displayParts);
  const documentation = joinParts(info.documentation);
  const tags = (info.tags ?? []).map((tag) => ({ name: tag.name, text: joinParts(tag.text) }));
  const shownTags = detail === 1 ? tags : tags.filter((tag) => tag.name === "param" || tag.name === "deprecated");
  const blocks = (tagLines: readonly string[], code: string): string =>
    [code, documentation, tagLines.join("\n")].filter((block) => block !== "").join("\n\n");
  return {
    text: blocks(
      shownTags.map((tag) => `@${tag.name} ${tag.text}`.trim()),
      signature,
    ),
    markdown: blocks(
      shownTags.map((tag) => `- *@${tag.name}* ${tag.text}`.trim()),
      `\`\`\`typescript\n${signature}\n\`\`\``,
    ),
  };
}

function joinParts(parts: readonly ts.SymbolDisplayPart[] | undefined): string {
  return (parts ?? []).map((part) => part.text).join("");
}

/**
 * Offsets where an inspection may look: the name at the cursor, the one before it, the function whose arguments the
 * cursor is in.
 */
export function inspectionOffsets(compiler: TypeScript, code: string, cursor: number): number[] {
  const file = parse(compiler, code);
  const offsets = [cursor, Math.max(0, cursor - 1)];
  const visit = (node: ts.Node): void => {
    if (cursor < node.pos || cursor > node.end) return;
    compiler.forEachChild(node, visit);
    if ((compiler.isCallExpression(node) || compiler.isNewExpression(node)) && cursor > node.expression.end)
      offsets.push(node.expression.end - 1);
  };
  visit(file);
  return offsets;
}

/** Whether a cell typed at a console could run, needs more lines, or can't become valid by adding any. */
export function describeCompleteness(compiler: TypeScript, code: string, name?: string): Completeness {
  const file = parse(compiler, code, name) as ts.SourceFile & {
    parseDiagnostics?: readonly ts.DiagnosticWithLocation[];
  };
  const errors = file.parseDiagnostics ?? [];
  if (errors.length === 0) return { status: "complete" };
  const end = code.trimEnd().length;
  const missing = errors.some(
    ({ start, length, code: number }) =>
      start + length >= end && number !== unterminatedString && (length === 0 || unterminated.has(number)),
  );
  return missing ? { status: "incomplete", indent: indentAfter(code) } : { status: "invalid" };
}

/** Comment or template literal without its end. */
const unterminated = new Set([1010, 1160]);
/** A string without its end can't be continued on the next line. */
const unterminatedString = 1002;

function parse(compiler: TypeScript, code: string, name = "cell.ts"): ts.SourceFile {
  return compiler.createSourceFile(name, code, compiler.ScriptTarget.Latest, true);
}

function indentAfter(code: string): string {
  const line = code.slice(code.lastIndexOf("\n", code.trimEnd().length - 1) + 1);
  const indent = /^\s*/.exec(line.trimEnd())?.[0] ?? "";
  return /[{([]\s*$/.test(line) ? `${indent}  ` : indent;
}
