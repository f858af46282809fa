import type { YamlNode } from "./nodes.js";
import { type Finding, SyntaxFinding } from "./read/finding.js";
import { parseDocuments } from "./read/parser.js";
import type { RawDocument } from "./read/raw.js";
import { toNodes } from "./tree.js";

// What PyYAML's reader refuses or takes for a line break.
const unreadable = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\u2028\u2029\ufffe\uffff]|\r(?!\n)/gu;

function* findUnreadable(text: string): Generator<Finding> {
  if (!/[^\t\n -~]/.test(text)) return;
  for (const match of text.matchAll(unreadable)) {
    const isBreak = "\r\x85\u2028\u2029".includes(match[0]);
    const code = match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    yield {
      offset: match.index ?? 0,
      message: `character U+${code}, which PyYAML ${isBreak ? "takes for a line break" : "refuses"}`,
      hint: isBreak ? "write a line break (\\n) in its place" : "remove it",
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
 * Parses text as PyYAML's safe_load would, with everything that it rejects as findings.
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

function tooMany(list: readonly RawDocument[], document: number | undefined): Finding | undefined {
  const count = list.length;
  if (document !== undefined && document >= 0 && document < Math.max(1, count)) return undefined;
  if (document !== undefined) {
    const hint = count > 1 ? `{ document: 0 } to { document: ${count - 1} }` : "omit the option document";
    return { offset: 0, message: `document ${document}: the file has ${count === 1 ? "one" : count}`, hint };
  }
  if (count <= 1) return undefined;
  const offset = list[1]?.start ?? 0;
  const message = `${count} documents in one file, but MindFormers reads one`;
  return {
    offset,
    message,
    hint: "keep one document, remove the lines ---; or edit one: openConfig(path, { document: 0 })",
  };
}

function parseNested(text: string, document: number | undefined): ParsedYaml {
  const early = [...findUnreadable(text)];
  if (early.length > 0) return refused(...early);
  const list = parseDocuments(text);
  const wrong = tooMany(list, document);
  if (wrong !== undefined) return refused(wrong);
  const chosen = list[document ?? 0];
  if (chosen !== undefined) return { root: toNodes(chosen.root, text), findings: [], documents: list.length };
  const end = text.length;
  const empty = { kind: "scalar", start: end, end, slot: end, anchor: undefined, style: "empty", text: "" } as const;
  return { root: { ...empty, resolved: { kind: "null", value: null } }, findings: [], documents: 1 };
}
