import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { factsBundle } from "../view/sections.js";
import { type BaseConfig, baseWith } from "./base-config.js";
import type { ConfigEdit } from "./history.js";
import { keyInfo } from "./keys/catalog.js";
import { positionOf, type YamlNode } from "./text/nodes.js";
import { shortValue } from "./text/short-value.js";
import { canonicalPath, pathsCross, type SourceText } from "./text/source-text.js";
import { isSection, nodeAt, readValue, sameValue } from "./text/values.js";

/**
 * Where a value comes from: `text` the text that was opened, `base` a file that `base_config` includes, `edit` an edit
 * after opening, `default` MindFormers' own default, `nowhere` if nothing is known about it.
 */
export type OriginKind = "text" | "base" | "edit" | "default" | "nowhere";

/** Where the value at a path comes from; shows itself. */
export interface ValueOrigin {
  readonly path: string;
  /** What MindFormers takes; undefined if nothing is known. */
  readonly value: unknown;
  readonly kind: OriginKind;
  /**
   * In words: "template pretrain_deepseek3_1b, line 12", "set in the notebook, edit 2 of 3", "default of MindFormers
   * 1.9".
   */
  readonly where: string;
  /** 1-based line in the file or template. */
  readonly line?: number;
  [displayKey](): MimeBundle;
}

/** What an origin is told from. */
export interface OriginFacts {
  /** "template pretrain_deepseek3_1b", a file's path, or "text". */
  readonly title: string;
  readonly original: SourceText;
  readonly current: SourceText;
  readonly bases: readonly BaseConfig[];
  readonly edits: readonly ConfigEdit[];
}

function lineOf({ text }: SourceText, node: YamlNode): number {
  return positionOf(
    text,
    Math.min(node.kind === "scalar" && node.style === "empty" ? node.slot - 1 : node.start, text.length),
  ).line;
}

function editOrigin({ edits, current }: OriginFacts, path: string): string {
  const place = canonicalPath(current.root, path);
  const index = edits.findLastIndex((edit) => pathsCross(canonicalPath(current.root, edit.path), place));
  const edit = edits[index];
  if (edit === undefined) return "edited";
  const verb = edit.verb === "unset" ? "edited" : edit.verb === "merge" ? "merged" : "set";
  const where = edit.by === "notebook" ? "in the notebook" : `by ${edit.by}`;
  return `${verb} ${where}, edit ${index + 1} of ${edits.length}`;
}

function textOrigin(facts: OriginFacts, path: string, node: YamlNode): { where: string; line: number } {
  const { original, title } = facts;
  const line = lineOf(original, node);
  const place = canonicalPath(original.root, path);
  const through = node.kind === "alias" ? `, alias *${node.name}` : place !== path ? `, as ${place}` : "";
  return { where: `${title}, line ${line}${through}`, line };
}

function findOrigin(facts: OriginFacts, path: string): Omit<ValueOrigin, "path" | typeof displayKey> {
  const { original, current, bases } = facts;
  const now = nodeAt(current.root, path);
  const before = nodeAt(original.root, path);
  if (now !== undefined) {
    const value = readValue(now);
    const same = before !== undefined && sameValue(readValue(before), value);
    if (same) return { value, kind: "text", ...textOrigin(facts, path, before) };
    const place = before !== undefined && isSection(value) ? textOrigin(facts, path, before) : undefined;
    const edited = editOrigin(facts, path);
    if (place === undefined) return { value, kind: "edit", where: edited };
    return { value, kind: "text", where: `${place.where}; last ${edited}`, line: place.line };
  }
  const base = baseWith(bases, path);
  const node = base && nodeAt(base.root, path);
  if (base !== undefined && node !== undefined) {
    const line = lineOf(base, node);
    return { value: readValue(node), kind: "base", where: `${base.name}, line ${line}`, line };
  }
  const known = keyInfo(path, (at) => {
    const found = nodeAt(current.root, at);
    return found && readValue(found);
  });
  const gone = before === undefined ? "" : "; the text had a value, which was removed";
  if (known === undefined || known.default === undefined)
    return { value: undefined, kind: "nowhere", where: `not set, and MindFormers has no default${gone}` };
  return { value: known.default, kind: "default", where: `default of MindFormers 1.9${gone}` };
}

/** Where the value at `path` comes from. */
export function originOf(facts: OriginFacts, path: string): ValueOrigin {
  const found = { path, ...findOrigin(facts, path) };
  const value = found.value === undefined ? "–" : shortValue(found.value, 400) || '""';
  const bundle = (): MimeBundle =>
    factsBundle(path, [
      ["value", value],
      ["from", found.where],
    ]);
  return { ...found, [displayKey]: bundle };
}
