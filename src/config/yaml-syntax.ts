import { Lexer, parseAllDocuments } from "yaml";
import { type Finding, SyntaxFinding } from "./yaml-finding.js";
import type { YamlNode } from "./yaml-nodes.js";
import { toNodes } from "./yaml-parse.js";

const hints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces",
  DUPLICATE_KEY: "remove one of the two keys",
  BLOCK_AS_IMPLICIT_KEY: 'put the value in quotes: key: "text: more text"',
  MISSING_CHAR: "close the quote or bracket",
  BAD_INDENT: "indent like the lines around it, and close what was opened with [ or {",
  UNEXPECTED_TOKEN: "give this line the indentation of the key that it belongs to",
};

const plainMark = "\u001f";

/** PyYAML allows a tab only inside quotes, comments and block text. */
function* findTabs(text: string): Generator<Finding> {
  if (!text.includes("\t")) return;
  let offset = 0;
  let plain = false;
  let block = false;
  for (const lexeme of new Lexer().lex(text)) {
    const mark = lexeme.length === 1 && "\u0002\u0018\u001f\ufeff".includes(lexeme);
    const first = lexeme[0];
    const literal = first === "#" || first === '"' || first === "'" || (plain && block);
    const at = lexeme.indexOf("\t");
    if (at >= 0 && !literal)
      yield {
        offset: offset + at,
        message: "a tab character, which PyYAML refuses here",
        hint: "replace the tab by spaces",
      };
    if (lexeme === plainMark) plain = true;
    else if (first === "|" || first === ">") block = true;
    else if (plain) plain = block = false;
    if (!mark || lexeme === "\ufeff") offset += lexeme.length;
  }
}

// What PyYAML's reader refuses or takes for a line break.
const unreadable = /(?![\t\n\r])\p{Cc}|[\u2028\u2029\ufffe\uffff]|\r(?!\n)|(?<!^)\ufeff/gu;

function* findUnreadable(text: string): Generator<Finding> {
  for (const match of text.matchAll(unreadable)) {
    const code = match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    yield {
      offset: match.index ?? 0,
      message: `character U+${code}, which PyYAML refuses or takes for a line break`,
      hint: "remove it",
    };
  }
}

export type ParsedYaml =
  | { readonly root: YamlNode; readonly findings: readonly [] }
  | { readonly root: undefined; readonly findings: readonly Finding[] };

/** Parses text as PyYAML's safe_load would, with everything that it (or a careful reader) refuses as findings. */
export function parseYaml(text: string): ParsedYaml {
  try {
    return parseNested(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const finding = {
      offset: 0,
      message: "brackets or sections are nested too deep to be read",
      hint: "MindFormers reads at most 10 levels",
    };
    return { root: undefined, findings: [finding] };
  }
}

function parseNested(text: string): ParsedYaml {
  const early = [...findUnreadable(text), ...findTabs(text)];
  if (early.length > 0) return { root: undefined, findings: early };
  const documents = parseAllDocuments(text, { schema: "failsafe", keepSourceTokens: true, prettyErrors: false });
  const list = Array.isArray(documents) ? documents : [];
  const errors = list.flatMap((document) => document.errors);
  if (errors.length > 0)
    return {
      root: undefined,
      findings: errors.map(({ code, message, pos }) => ({
        offset: Number(pos[0]),
        message: message.charAt(0).toLowerCase() + message.slice(1),
        hint: hints[code] ?? "correct the YAML at this place",
      })),
    };
  if (list.length > 1) {
    const offset = list[1]?.range?.[0] ?? 0;
    const message = `${list.length} documents in one file, but MindFormers reads one`;
    return { root: undefined, findings: [{ offset, message, hint: "keep one document, remove the lines ---" }] };
  }
  try {
    const empty = { kind: "scalar", start: 0, end: 0, slot: 0, anchor: undefined, style: "empty", text: "" } as const;
    const root =
      list[0] === undefined ? { ...empty, resolved: { kind: "null" as const, value: null } } : toNodes(list[0], text);
    return { root, findings: [] };
  } catch (error) {
    if (error instanceof SyntaxFinding) return { root: undefined, findings: [error] };
    throw error;
  }
}
