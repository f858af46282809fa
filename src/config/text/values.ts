import { requireText } from "../../core/arguments.js";
import { type AliasNode, follow, type MapNode, type YamlNode } from "./nodes.js";
import type { ScalarValue } from "./scalars.js";

/** A value as PyYAML reads it: mappings are plain objects, sequences arrays. */
export type YamlValue = ScalarValue | YamlValue[] | { [key: string]: YamlValue };

/** Segments of a path such as `callbacks.2.save_checkpoint_steps`; the empty path is the whole document. */
export function splitPath(path: string): readonly string[] {
  requireText(path, "path of a configuration", 'config.get("runner_config.epochs")');
  return path === "" ? [] : path.split(".");
}

/** Keys and nodes of a mapping as PyYAML sees them: those of merge keys (`<<`) first, own ones over them. */
export function pairsOf(node: MapNode): (readonly [key: string, node: YamlNode])[] {
  const pairs = new Map<string, YamlNode>();
  for (const merged of [...node.merged].reverse()) {
    const base = follow(merged);
    if (base.kind === "map") for (const [key, value] of pairsOf(base)) pairs.set(key, value);
  }
  for (const { key, value } of node.entries) pairs.set(key, value);
  return [...pairs];
}

/** The value of a node, aliases and merge keys (`<<`) expanded; every call makes new objects. */
export function readValue(node: YamlNode): YamlValue {
  const at = follow(node);
  if (at.kind === "scalar") return at.resolved.value;
  if (at.kind === "sequence") return at.items.map(readValue);
  // Most mappings have no merge keys. A key that stands twice has its last value either way.
  if (at.merged.length === 0) return Object.fromEntries(at.entries.map(({ key, value }) => [key, readValue(value)]));
  return Object.fromEntries(pairsOf(at).map(([key, value]) => [key, readValue(value)]));
}

function childOf(node: YamlNode, segment: string): YamlNode | undefined {
  const at = follow(node);
  if (at.kind === "sequence") return /^(?:0|[1-9]\d*)$/.test(segment) ? at.items[Number(segment)] : undefined;
  if (at.kind !== "map") return undefined;
  const own = at.entries.findLast(({ key }) => key === segment)?.value;
  if (own !== undefined || at.merged.length === 0) return own;
  return at.merged.map((base) => childOf(base, segment)).find((found) => found !== undefined);
}

/** The node at a path (an alias node is returned as such), or undefined. */
export function nodeAt(root: YamlNode, path: string): YamlNode | undefined {
  let node: YamlNode | undefined = root;
  for (const segment of splitPath(path)) node = node && childOf(node, segment);
  return node;
}

export function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Equal as YAML values: numbers by value (so 1 equals 1.0), NaN equals NaN, mappings without regard to order. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  // A whole number beyond 2^53 is read as a bigint; the comparison of the two kinds is exact.
  if (typeof a === "bigint" && typeof b === "number") return a === (Number.isInteger(b) ? BigInt(b) : undefined);
  if (typeof a === "number" && typeof b === "bigint") return sameValue(b, a);
  if (!isSection(a) || !isSection(b)) return Object.is(a, b) || (a === 0 && b === 0);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}

export interface Leaf {
  readonly path: string;
  readonly node: YamlNode;
  /** Value of the leaf; an alias is a leaf with its target's value. */
  readonly value: YamlValue;
}

function join(path: string, segment: string | number): string {
  return path === "" ? String(segment) : `${path}.${segment}`;
}

/** Every scalar, alias, and empty collection with its own path, in document order; aliases are not entered. */
export function* leavesOf(node: YamlNode, path = ""): Generator<Leaf> {
  if (node.kind === "map" && node.entries.length + node.merged.length > 0) {
    for (const [index, base] of node.merged.entries()) yield* leavesOf(base, join(path, `<<${index}`));
    for (const entry of node.entries) yield* leavesOf(entry.value, join(path, entry.key));
  } else if (node.kind === "sequence" && node.items.length > 0) {
    for (const [index, item] of node.items.entries()) yield* leavesOf(item, join(path, index));
  } else yield { path, node, value: readValue(node) };
}

/** Every alias with its path and the path of the node that it repeats. */
export function aliasesOf(root: YamlNode): { path: string; node: AliasNode; targetPath: string }[] {
  const found: { path: string; node: AliasNode }[] = [];
  const paths = new Map<YamlNode, string>();
  const visit = (node: YamlNode, path: string): void => {
    if (node.kind === "alias") found.push({ path, node });
    else paths.set(node, path);
    if (node.kind === "sequence") for (const [index, item] of node.items.entries()) visit(item, join(path, index));
    if (node.kind !== "map") return;
    for (const base of node.merged) visit(base, join(path, "<<"));
    for (const entry of node.entries) visit(entry.value, join(path, entry.key));
  };
  visit(root, "");
  return found.map(({ path, node }) => ({ path, node, targetPath: paths.get(node.target) ?? "" }));
}
