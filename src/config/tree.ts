import type { Issue } from "../core/error.js";
import type { TreeMark, TreeNode } from "../view/tree.js";
import type { ConfigChange } from "./diff.js";
import { isStrict, keyInfo } from "./keys/catalog.js";
import type { KeyInfo } from "./keys/sections/key.js";
import { follow, positionOf, type YamlNode } from "./text/nodes.js";
import { shortValue } from "./text/short-value.js";
import { canonicalPath, pathsCross, type SourceText } from "./text/source-text.js";
import { nodeAt, readValue } from "./text/values.js";

/** What the tree of a configuration is made of. */
export interface TreeFacts {
  readonly original: SourceText;
  readonly current: SourceText;
  readonly changes: readonly ConfigChange[];
  readonly issues: readonly Issue[];
}

interface Building extends TreeFacts {
  readonly get: (path: string) => unknown;
  /** Findings by the path that is shown for them. */
  readonly byPath: ReadonlyMap<string, readonly Issue[]>;
}

function join(path: string, key: string | number): string {
  return path === "" ? String(key) : `${path}.${key}`;
}

function tipOf(info: KeyInfo | undefined): string | undefined {
  if (info === undefined) return undefined;
  const parts = [info.types.join(" or ")];
  if (info.default !== undefined) parts.push(`default ${shortValue(info.default) || '""'}`);
  if (info.since !== undefined) parts.push(`since ${info.since}`);
  if (info.until !== undefined) parts.push(`until ${info.until}`);
  return parts.join(" · ");
}

/** A value as the file spells it, where that is one line: `True`, `1.e-8`. */
function spelled(node: YamlNode, limit: number): string {
  const at = follow(node);
  const short =
    at.kind === "scalar" && at.style === "plain" && !at.text.includes("\n")
      ? at.text
      : shortValue(readValue(at), limit);
  if (short === "") return at.kind === "scalar" && at.style === "empty" ? "null" : '""';
  return short.length > limit ? `${short.slice(0, limit - 1)}…` : short;
}

/** `key value · key value` of what stands directly in a section. */
function digestOf(node: YamlNode): string {
  const at = follow(node);
  if (at.kind === "sequence") return at.items.map((item) => digestOf(item)).join(" · ");
  if (at.kind !== "map") return spelled(at, 40);
  return at.entries
    .filter(({ value }) => follow(value).kind === "scalar")
    .map(({ key, value }) => (key === "type" ? digestOf(value) : `${key} ${digestOf(value)}`))
    .join(" · ");
}

function sideOf(building: Building, path: string, node: YamlNode): string {
  const change = building.changes.find((one) => one.path === path);
  if (change !== undefined) return change.was === undefined ? "new" : `was ${shortValue(change.was, 24) || '""'}`;
  const place = canonicalPath(building.current.root, path);
  if (building.changes.some((one) => pathsCross(one.path, place))) return "changed";
  const before = nodeAt(building.original.root, path);
  if (before === undefined) return "new";
  const { line } = positionOf(building.original.text, before.start);
  return `line ${line}${node.kind === "alias" ? `, *${node.name}` : ""}`;
}

function findingsAt({ byPath }: Building, path: string): { mark: TreeMark | undefined; remarks: string[] } {
  const issues = byPath.get(path) ?? [];
  const severity = (["error", "warning", "advice"] as const).find((one) =>
    issues.some((issue) => issue.severity === one),
  );
  return { mark: severity, remarks: issues.map(({ message, hint }) => `${message} → ${hint}`) };
}

function leaf(building: Building, path: string, [label, node]: readonly [string, YamlNode]): TreeNode {
  const info = keyInfo(path, building.get);
  const side = sideOf(building, path, node);
  const { mark, remarks } = findingsAt(building, path);
  const section = node.kind === "alias" && follow(node).kind !== "scalar";
  const value = section ? `*${node.name}` : spelled(node, 200);
  const changed = /^line /.test(side) ? undefined : ("changed" as const);
  return { label, value, side, note: info?.meaning, tip: tipOf(info), mark: mark ?? changed, remarks };
}

/** True for lists that stand on one line: without sections in them. */
function isFlat(node: YamlNode): boolean {
  return node.kind !== "map" && (node.kind !== "sequence" || node.items.every((item) => follow(item).kind !== "map"));
}

function build(building: Building, path: string, [label, node]: readonly [string, YamlNode]): TreeNode {
  if (node.kind === "alias" || isFlat(node)) return leaf(building, path, [label, node]);
  const info = keyInfo(path, building.get);
  const strict = isStrict(path) ? "MindFormers refuses unknown keys here" : "";
  const note = [info?.meaning ?? "", strict].filter(Boolean).join(" · ");
  const children = childrenOf(building, path, node);
  return { label, note, tip: tipOf(info), digest: digestOf(node), children, ...findingsAt(building, path) };
}

/** What was removed stays visible, as a line of its own. */
function removedBelow({ changes }: Building, path: string): TreeNode[] {
  return changes
    .filter((change) => change.now === undefined && change.path.split(".").slice(0, -1).join(".") === path)
    .map(({ path: gone, was }) => ({
      label: gone.split(".").at(-1) ?? gone,
      value: "removed",
      side: `was ${shortValue(was, 24) || '""'}`,
      mark: "changed",
    }));
}

function childrenOf(building: Building, path: string, node: YamlNode): TreeNode[] {
  const made: TreeNode[] = [];
  if (node.kind === "map") {
    for (const base of node.merged) made.push(leaf(building, join(path, "<<"), ["<<", base]));
    for (const { key, value } of node.entries) made.push(build(building, join(path, key), [key, value]));
  }
  if (node.kind === "sequence")
    for (const [index, item] of node.items.entries())
      made.push(build(building, join(path, index), [String(index), item]));
  return [...made, ...removedBelow(building, path)];
}

/** The path itself or the nearest section above that is shown. */
function shownPath(root: YamlNode, path: string): string {
  const segments = canonicalPath(root, path).split(".");
  while (segments.length > 0 && nodeAt(root, segments.join(".")) === undefined) segments.pop();
  return segments.join(".");
}

/** The lines of a configuration: single values first, then the sections, in the order of the file. */
export function treeNodes(facts: TreeFacts): TreeNode[] {
  const { root } = facts.current;
  const byPath = new Map<string, Issue[]>();
  for (const issue of facts.issues) {
    const path = shownPath(root, issue.path);
    byPath.set(path, [...(byPath.get(path) ?? []), issue]);
  }
  const get = (path: string): unknown => {
    const node = nodeAt(root, path);
    return node && readValue(node);
  };
  return childrenOf({ ...facts, byPath, get }, "", root);
}
