import type { displayKey, MimeBundle } from "../view/display-contract.js";
import type { YamlNode } from "./text/nodes.js";
import type { SourceText } from "./text/source-text.js";
import { aliasesOf, leavesOf, nodeAt, readValue, sameValue } from "./text/values.js";

/** One value that differs. `was` or `now` is undefined where the path does not exist on that side. */
export interface ConfigChange {
  readonly path: string;
  readonly was: unknown;
  readonly now: unknown;
  /** Other paths that show the same value through an alias (`*name`), and so changed with it. */
  readonly also: readonly string[];
}

/** Differences of two configurations; shown as a table: path, was, now. */
export interface ConfigDiff {
  readonly changes: readonly ConfigChange[];
  [displayKey](): MimeBundle;
}

function aliasPaths(source: SourceText, path: string): string[] {
  return aliasesOf(source.root)
    .filter(({ targetPath }) => path === targetPath || path.startsWith(`${targetPath}.`))
    .map((alias) => alias.path + path.slice(alias.targetPath.length));
}

/** A single value or an empty section; what the leaf walk stops at. */
function isLeaf(node: YamlNode): boolean {
  if (node.kind === "map") return node.entries.length + node.merged.length === 0;
  return node.kind !== "sequence" || node.items.length === 0;
}

/** Shortest beginning of the path where one side has a section and the other a single value; else the path itself. */
function changedAt(path: string, before: YamlNode, after: YamlNode): string {
  const segments = path.split(".");
  for (let length = 1; length < segments.length; length++) {
    const start = segments.slice(0, length).join(".");
    const [old, now] = [nodeAt(before, start), nodeAt(after, start)];
    if (old === undefined || now === undefined) return path;
    if (isLeaf(old) !== isLeaf(now) || (old.kind !== now.kind && !isLeaf(old))) return start;
  }
  return path;
}

/**
 * Leaf by leaf: what is different, was added or went away, in the order of the newer text (what went away comes last).
 */
export function diffSources(before: SourceText, after: SourceText): ConfigChange[] {
  const leaves = [...leavesOf(after.root), ...leavesOf(before.root)];
  const paths = new Set(leaves.map(({ path }) => changedAt(path, before.root, after.root)));
  const changes: ConfigChange[] = [];
  for (const path of paths) {
    const [old, now] = [nodeAt(before.root, path), nodeAt(after.root, path)];
    // What an alias shows changes with its target, which is listed in its own place.
    if (old?.kind === "alias" && now?.kind === "alias" && old.name === now.name) continue;
    const was = old && readValue(old);
    const is = now && readValue(now);
    if (old !== undefined && now !== undefined && sameValue(was, is)) continue;
    if (old === undefined && now === undefined) continue;
    changes.push({ path, was, now: is, also: aliasPaths(now === undefined ? before : after, path) });
  }
  return changes;
}
