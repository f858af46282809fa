import { type Document, Lexer, parseAllDocuments } from "yaml";
import { type Finding, SyntaxFinding } from "./finding.js";
import type { YamlNode } from "./nodes.js";
import { toNodes } from "./parse.js";

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
  if (!/[^\t\n -~]/.test(text)) return;
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
  | { readonly root: YamlNode; readonly findings: readonly []; readonly documents: number }
  | { readonly root: undefined; readonly findings: readonly Finding[]; readonly documents: number };

function refused(...findings: readonly Finding[]): ParsedYaml {
  return { root: undefined, findings, documents: 0 };
}

/**
 * Parses text as PyYAML's safe_load would, with everything that it (or a careful reader) refuses as findings.
 * With `document` the tree is that of one document of several.
 */
export function parseYaml(text: string, document?: number): ParsedYaml {
  try {
    return parseNested(text, document);
  } catch (error) {
    if (error instanceof SyntaxFinding) return refused(error);
    if (!(error instanceof RangeError)) throw error;
    return refused({
      offset: 0,
      message: "brackets or sections are nested too deep to be read",
      hint: "MindFormers reads at most 10 levels",
    });
  }
}

function tooMany(list: readonly Document.Parsed[], document: number | undefined): Finding | undefined {
  const count = list.length;
  if (document !== undefined && document >= 0 && document < Math.max(1, count)) return undefined;
  if (document !== undefined) {
    const hint = count > 1 ? `{ document: 0 } to { document: ${count - 1} }` : "leave the option document away";
    return { offset: 0, message: `document ${document}: the file has ${count === 1 ? "one" : count}`, hint };
  }
  if (count <= 1) return undefined;
  const offset = list[1]?.range?.[0] ?? 0;
  const message = `${count} documents in one file, but MindFormers reads one`;
  return {
    offset,
    message,
    hint: "keep one document, remove the lines ---; or edit one: openConfig(path, { document: 0 })",
  };
}

function parseNested(text: string, document: number | undefined): ParsedYaml {
  const early = [...findUnreadable(text), ...findTabs(text)];
  if (early.length > 0) return refused(...early);
  const documents = parseAllDocuments(text, { schema: "failsafe", keepSourceTokens: true, prettyErrors: false });
  const list = Array.isArray(documents) ? documents : [];
  const errors = list.flatMap((one) => one.errors);
  if (errors.length > 0)
    return refused(
      ...errors.map(({ code, message, pos }) => ({
        offset: Number(pos[0]),
        message: message.charAt(0).toLowerCase() + message.slice(1),
        hint: hints[code] ?? "correct the YAML at this place",
      })),
    );
  const wrong = tooMany(list, document);
  if (wrong !== undefined) return refused(wrong);
  const chosen = list[document ?? 0];
  if (chosen !== undefined)
    return { root: toNodes(chosen, text, list.length > 1), findings: [], documents: list.length };
  const empty = { kind: "scalar", start: 0, end: 0, slot: 0, anchor: undefined, style: "empty", text: "" } as const;
  return { root: { ...empty, resolved: { kind: "null", value: null } }, findings: [], documents: 1 };
}
