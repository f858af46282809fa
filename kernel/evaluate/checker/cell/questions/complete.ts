import type ts from "typescript";
import type { Candidates } from "../../../assist.js";
import type { Language } from "../../program/language.js";
import { isOwnName } from "../../program/node-declarations.js";
import { importRank } from "./import-names.js";

interface Asked {
  readonly code: string;
  readonly cursor: number;
  /** What the module exports whose names are being imported. */
  readonly kinds?: ReadonlyMap<string, string> | undefined;
}

/** What the compiler offers at a place of the cell that `language` holds now, the best first. */
export function candidatesAt(language: Language, { code, cursor, kinds }: Asked): Candidates {
  const original = language.service.getCompletionsAtPosition(language.cell, cursor, undefined);
  const entries = original?.entries ?? [];
  const { start, end } = pathAround(entries, cursor) ?? nameAround(code, cursor);
  const typed = code.slice(start, end);
  const ranked = entries.flatMap(({ name, sortText }) => {
    const rank = typed === "" ? 0 : rankOf(name, typed);
    const key = `${rank}${kinds === undefined ? 0 : importRank(kinds.get(name))}${sortText}`;
    return rank === undefined || isOwnName(name) ? [] : [{ name, key }];
  });
  // Without anything typed the compiler's order within a group is that of declarations; names are easier to find by the
  // alphabet.
  ranked.sort((a, b) => compare(a.key, b.key) || (typed === "" ? compare(a.name, b.name) : 0));
  const candidates = ranked.map(({ name }) => name);
  return { start, end, candidates, ...(original && { original }), ...(kinds && { kinds }) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Names that begin as typed come before those that only contain it; undefined if it isn't in there. */
function rankOf(name: string, typed: string): 0 | 1 | 2 | undefined {
  if (name.startsWith(typed)) return 0;
  const lower = name.toLowerCase();
  if (lower.startsWith(typed.toLowerCase())) return 1;
  return lower.includes(typed.toLowerCase()) ? 2 : undefined;
}

/**
 * In the name of a module (`node:f`, `@scope/some-p`): the part that the entries stand for, which is more than an
 * identifier.
 */
function pathAround(
  entries: readonly ts.CompletionEntry[],
  cursor: number,
): { start: number; end: number } | undefined {
  const isPath = entries.some(({ kind }) => pathKinds.has(kind as string));
  const span = isPath
    ? entries.find(({ replacementSpan }) => replacementSpan !== undefined)?.replacementSpan
    : undefined;
  return span === undefined ? undefined : { start: span.start, end: Math.max(cursor, span.start + span.length) };
}

const pathKinds = new Set(["script", "directory", "external module name"]);

const ofName = /[\p{ID_Continue}$\u200c\u200d]/u;

/** The identifier that the cursor is in or at the end of. */
export function nameAround(code: string, cursor: number): { readonly start: number; readonly end: number } {
  let start = cursor;
  while (start > 0 && ofName.test(code.charAt(start - 1))) start -= 1;
  let end = cursor;
  while (end < code.length && ofName.test(code.charAt(end))) end += 1;
  return { start, end };
}
