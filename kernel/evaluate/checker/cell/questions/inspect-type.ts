import type ts from "typescript";
import type { Language } from "../../program/language.js";
import { nameAround } from "./complete.js";

/** Findings of the compiler about a name that is not a value. */
export function isOfNothing({ kind, displayParts = [] }: ts.QuickInfo): boolean {
  const text = displayParts.map((part) => part.text).join("");
  return ((kind as string) === "" && text === "any") || text.endsWith("/*unresolved*/ any");
}

/**
 * The type whose name stands alone at the cursor, as one asks for it in a notebook: `Options`. Changes the cell that
 * `language` holds.
 */
export function typeNamedAt(asked: {
  readonly language: Language;
  readonly code: string;
  readonly cursor: number;
  /** Declarations of earlier cells. */
  readonly earlier: string;
}): ts.QuickInfo | undefined {
  const { language, code, cursor } = asked;
  const { start, end } = nameAround(code, cursor);
  const name = code.slice(start, end);
  if (name === "" || /^\d/.test(name) || code[start - 1] === ".") return undefined;
  const before = `${code}\n;type $asked = `;
  language.update(`${before}${name}`, asked.earlier, "question");
  const info = language.service.getQuickInfoAtPosition(language.cell, before.length);
  return info === undefined || isOfNothing(info) ? undefined : info;
}
