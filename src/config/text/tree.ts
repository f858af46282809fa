import { keyIdentity, keyName } from "./key-name.js";
import { follow, type MapEntry, type MapNode, type ScalarNode, type SequenceNode, type YamlNode } from "./nodes.js";
import { SyntaxFinding } from "./read/finding.js";
import type { RawAlias, RawMap, RawNode, RawScalar, RawSequence } from "./read/raw.js";
import { collectionOf, resolveTag, shortTag, unusableScalar } from "./tags.js";
import { pairsOf } from "./values.js";

type Target = Exclude<YamlNode, { kind: "alias" }>;

/** A configuration has some hundreds of values; aliases of aliases can make billions out of ten lines. */
const largest = 200_000;

/** An anchor or alias that PyYAML rejects before it makes any value. */
class AnchorFinding extends SyntaxFinding {}

/** Resolves tags, types, aliases, and merge keys of one document. */
class TreeBuilder {
  readonly #text: string;
  readonly #anchors = new Map<string, Target>();
  readonly #open = new Set<string>();
  /** Number of values in each anchored node, its aliases expanded. */
  readonly #sizes = new Map<Target, number>();
  #count = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #countUp(values: number, offset: number): void {
    this.#count += values;
    if (this.#count <= largest) return;
    const message = `more than ${largest} values, with every alias in full`;
    throw new SyntaxFinding({ offset, message, hint: "use fewer aliases of sections that hold aliases themselves" });
  }

  /** `merged`: the value of a merge key, whose own tag PyYAML never looks at. */
  build(raw: RawNode, merged = false): YamlNode {
    if (raw.kind === "alias") return this.#alias(raw, merged);
    const before = this.#count;
    this.#countUp(1, raw.start);
    this.#openAnchor(raw.anchor, raw.start);
    const made = this.#target(raw, merged);
    if (raw.anchor !== undefined) {
      this.#open.delete(raw.anchor);
      this.#anchors.set(raw.anchor, made);
      this.#sizes.set(made, this.#count - before);
    }
    return made;
  }

  #target(raw: Exclude<RawNode, RawAlias>, merged: boolean): Target {
    if (raw.kind === "scalar") return this.#scalar(raw);
    const scalar = raw.kind === "map" && !merged ? this.#valueOfMap(raw, raw.tag) : undefined;
    if (scalar !== undefined && raw.kind === "map") {
      this.#composePairs(raw);
      return scalar;
    }
    const made = raw.kind === "map" ? this.#map(raw) : this.#sequence(raw, merged);
    if (!merged) this.#checkTag(made, raw.start);
    return made;
  }

  /** Anchors and aliases count also where PyYAML makes no value of a section's pairs; tags then don't. */
  #composePairs({ pairs }: RawMap): void {
    for (const node of pairs.flat())
      try {
        this.build(node);
      } catch (error) {
        if (error instanceof AnchorFinding || !(error instanceof SyntaxFinding)) throw error;
      }
  }

  /** Throws where PyYAML makes a value of the node and raises an error for its tag. */
  #checkTag(node: Target, start: number): void {
    if (node.kind === "scalar" || node.unusable === undefined) return;
    const { unusable: tag } = node;
    const items = node.kind === "map" ? node.entries.length : node.items.length;
    const isPair = (item: YamlNode): boolean => {
      const pair = follow(item);
      return pair.kind === "map" && pair.entries.length === 1 && pair.merged.length === 0;
    };
    if (collectionOf(tag, node.kind, items) === "error" || (node.kind === "sequence" && !node.items.every(isPair)))
      throw badTag(tag, start);
  }

  #openAnchor(anchor: string | undefined, offset: number): void {
    if (anchor === undefined) return;
    if (this.#anchors.has(anchor) || this.#open.has(anchor))
      throw new AnchorFinding({
        offset,
        message: `anchor &${anchor} appears twice in the document, which PyYAML rejects`,
        hint: `give one of them another name, and its aliases too`,
      });
    this.#open.add(anchor);
  }

  #alias({ start, end, slot, name }: RawAlias, merged: boolean): YamlNode {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const inside = this.#open.has(name);
      throw new AnchorFinding({
        offset: start,
        message: inside
          ? `alias *${name} is inside the value that it repeats`
          : `alias *${name}: no anchor &${name} before it`,
        hint: inside ? "write the value out" : `write &${name} after the key that it should repeat`,
      });
    }
    this.#countUp(this.#sizes.get(target) ?? 1, start);
    if (!merged) this.#checkTag(target, start);
    return { kind: "alias", start, end, slot, anchor: undefined, name, target };
  }

  #scalar(raw: RawScalar): ScalarNode {
    const { start, end, slot, anchor, style, value } = raw;
    const resolved = resolveTag(raw.tag, value, raw.implicit);
    if (resolved === undefined) throw badTag(raw.tag, start);
    if (resolved.kind === "unreadable")
      throw new SyntaxFinding({
        offset: start,
        message: `${value}: PyYAML has no value for this unquoted text`,
        hint: `quote it: "${value}"`,
      });
    const text = this.#text.slice(start, end);
    return { kind: "scalar", start, end, slot, anchor, style, resolved, text, unusable: unusableScalar(raw.tag) };
  }

  /** A section with the tag of a scalar and a key `=`: PyYAML makes the scalar of that key's value. */
  #valueOfMap(raw: RawMap, tag: string | undefined): ScalarNode | undefined {
    if (tag === undefined || resolveTag(tag, "0", false) === undefined) return undefined;
    const { start, end, slot, anchor } = raw;
    const [, value] = raw.pairs.find(([key]) => key.kind === "scalar" && key.implicit && key.value === "=") ?? [];
    if (value?.kind === "map") return this.#valueOfMap({ ...value, start, end, slot, anchor }, tag);
    if (value?.kind !== "scalar") return undefined;
    const resolved = resolveTag(tag, value.value, false);
    if (resolved === undefined) return undefined;
    const text = this.#text.slice(start, end);
    return { kind: "scalar", start, end, slot, anchor, style: "plain", resolved, text, unusable: unusableScalar(tag) };
  }

  #sequence(raw: RawSequence, merged: boolean): SequenceNode {
    const { start, end, slot, anchor, flow } = raw;
    const unusable = collectionOf(raw.tag, "sequence", raw.items.length) === "plain" ? undefined : raw.tag;
    // PyYAML never looks at the tags of pairs and of merged sections.
    const items = raw.items.map((item) => this.build(item, merged || unusable !== undefined));
    return { kind: "sequence", start, end, slot, anchor, flow, items, unusable };
  }

  #key(raw: RawNode): ScalarNode {
    // The value key of YAML 1.1 is text for PyYAML.
    const isValueKey = raw.kind === "scalar" && raw.implicit && raw.value === "=";
    const node = this.build(isValueKey ? { ...raw, implicit: false } : raw);
    const key = node.kind === "alias" ? node.target : node;
    if (key.kind === "scalar") return key;
    throw new SyntaxFinding({ offset: raw.start, message: "a list or section as a key", hint: "use text as the key" });
  }

  #map(raw: RawMap): MapNode {
    const { start, end, slot, anchor, flow } = raw;
    const entries: MapEntry[] = [];
    let merged: YamlNode[] = [];
    const names = new Map<unknown, string>();
    for (const [rawKey, rawValue] of raw.pairs) {
      if (isMergeKey(rawKey)) {
        this.#openAnchor(rawKey.kind === "alias" ? undefined : rawKey.anchor, rawKey.start);
        // A later merge key wins over an earlier one; in a list the first wins.
        merged = [...this.#merged(rawValue), ...merged];
        continue;
      }
      const key = this.#key(rawKey);
      const identity = keyIdentity(key);
      const name = names.get(identity) ?? keyName(key);
      names.set(identity, name);
      const value = this.build(rawValue);
      entries.push({
        key: name,
        keyStart: rawKey.start,
        value: key.unusable ? { ...value, unusable: key.unusable } : value,
      });
    }
    const unusable = collectionOf(raw.tag, "map", entries.length) === "plain" ? undefined : raw.tag;
    return { kind: "map", start, end, slot, anchor, flow, entries, merged, unusable };
  }

  #merged(raw: RawNode): readonly YamlNode[] {
    const node = this.build(raw, true);
    const target = node.kind === "alias" ? node.target : node;
    const list = target.kind === "sequence" ? target.items : [node];
    const wrong = list.find((item) => (item.kind === "alias" ? item.target : item).kind !== "map");
    if (wrong !== undefined)
      throw new SyntaxFinding({
        offset: wrong.start,
        message: "<< merges sections only, found something else",
        hint: "write << followed by an alias of a section, or a list of such aliases",
      });
    return list;
  }
}

function isMergeKey(raw: RawNode): boolean {
  if (raw.kind !== "scalar") return false;
  return (raw.implicit && raw.value === "<<") || raw.tag === "tag:yaml.org,2002:merge";
}

function badTag(tag = "", offset: number): SyntaxFinding {
  const message = `tag ${shortTag(tag)}: PyYAML reads no text, number, list, or section from it`;
  return new SyntaxFinding({ offset, message, hint: "remove the tag" });
}

/** Throws at a value that no configuration holds, unless a later value of its key hides it. */
function rejectUnusable(node: YamlNode, seen = new Set<YamlNode>()): void {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.unusable !== undefined) throw badTag(node.unusable, node.start);
  if (node.kind === "alias") rejectUnusable(node.target, seen);
  if (node.kind === "sequence") for (const item of node.items) rejectUnusable(item, seen);
  if (node.kind === "map") for (const [, value] of pairsOf(node)) rejectUnusable(value, seen);
}

/** The tree of a parsed document; throws SyntaxFinding for what PyYAML rejects although the syntax is YAML. */
export function toNodes(root: RawNode, text: string): YamlNode {
  const tree = new TreeBuilder(text).build(root);
  rejectUnusable(tree);
  return tree;
}
