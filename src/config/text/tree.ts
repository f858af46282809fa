import type { MapEntry, MapNode, ScalarNode, SequenceNode, YamlNode } from "./nodes.js";
import { SyntaxFinding } from "./read/finding.js";
import type { RawAlias, RawMap, RawNode, RawScalar, RawSequence } from "./read/raw.js";
import { isCollectionTag, resolveTag, shortTag } from "./tags.js";

type Target = Exclude<YamlNode, { kind: "alias" }>;

/** A configuration has some hundreds of values; aliases of aliases can make billions out of ten lines. */
const largest = 200_000;

/** Keys of a mapping by what Python takes for equal: 1, 1.0, and True are one key. */
function keyIdentity({ resolved: { value } }: ScalarNode): unknown {
  if (typeof value === "string") return `text ${value}`;
  if (value instanceof Date) return `date ${value.getTime()}`;
  return typeof value === "boolean" ? Number(value) : typeof value === "bigint" ? `${value}` : value;
}

/** Keys that PyYAML doesn't read as text are named as Python prints them. */
function keyName({ resolved, text }: ScalarNode): string {
  const { value } = resolved;
  if (typeof value === "string") return value;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof Date) return text;
  return resolved.kind === "float" ? pythonFloat(Number(value)) : String(value);
}

/** A float as Python prints it: `1e-05`, `1e+16`, `2.0`, `inf`. */
function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf").replace("NaN", "nan");
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= 16 || (power < -4 && value !== 0))
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const text = Number.isInteger(value) ? BigInt(value).toString() : String(value);
  return Number.isInteger(value) ? `${Object.is(value, -0) ? "-0" : text}.0` : text;
}

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
    if (raw.kind === "alias") return this.#alias(raw);
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
    const items = raw.kind === "map" ? raw.pairs.length : raw.items.length;
    const scalar = raw.kind === "map" && !merged ? this.#valueOfMap(raw, raw.tag) : undefined;
    if (scalar !== undefined) return scalar;
    if (!merged && !isCollectionTag(raw.tag, raw.kind, items)) throw this.#badTag(raw);
    return raw.kind === "map" ? this.#map(raw) : this.#sequence(raw, merged);
  }

  #openAnchor(anchor: string | undefined, offset: number): void {
    if (anchor === undefined) return;
    if (this.#anchors.has(anchor) || this.#open.has(anchor))
      throw new SyntaxFinding({
        offset,
        message: `anchor &${anchor} stands twice in the document, which PyYAML rejects`,
        hint: `give one of them another name, and its aliases too`,
      });
    this.#open.add(anchor);
  }

  #alias({ start, end, slot, name }: RawAlias): YamlNode {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const inside = this.#open.has(name);
      throw new SyntaxFinding({
        offset: start,
        message: inside
          ? `alias *${name} stands inside the value that it repeats`
          : `alias *${name}: no anchor &${name} before it`,
        hint: inside ? "write the value out" : `write &${name} after the key that it should repeat`,
      });
    }
    this.#countUp(this.#sizes.get(target) ?? 1, start);
    return { kind: "alias", start, end, slot, anchor: undefined, name, target };
  }

  #badTag({ tag = "", start }: { readonly tag: string | undefined; readonly start: number }): SyntaxFinding {
    const message = `tag ${shortTag(tag)}: PyYAML's safe_load makes no value of a configuration of it here`;
    return new SyntaxFinding({ offset: start, message, hint: "remove the tag" });
  }

  #scalar(raw: RawScalar): ScalarNode {
    const { start, end, slot, anchor, style, value } = raw;
    const resolved = resolveTag(raw.tag, value, raw.implicit);
    if (resolved === undefined) throw this.#badTag(raw);
    if (resolved.kind === "unreadable")
      throw new SyntaxFinding({
        offset: start,
        message: `${value}: PyYAML has no value for this unquoted text`,
        hint: `quote it: "${value}"`,
      });
    return { kind: "scalar", start, end, slot, anchor, style, resolved, text: this.#text.slice(start, end) };
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
    return { kind: "scalar", start, end, slot, anchor, style: "plain", resolved, text: this.#text.slice(start, end) };
  }

  #sequence(raw: RawSequence, merged: boolean): SequenceNode {
    const { start, end, slot, anchor, flow } = raw;
    const items = raw.items.map((item) => this.build(item, merged));
    return { kind: "sequence", start, end, slot, anchor, flow, items };
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
      entries.push({ key: name, keyStart: rawKey.start, value: this.build(rawValue) });
    }
    return { kind: "map", start, end, slot, anchor, flow, entries, merged };
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

/** The tree of a parsed document; throws SyntaxFinding for what PyYAML rejects although the syntax is YAML. */
export const toNodes = (root: RawNode, text: string): YamlNode => new TreeBuilder(text).build(root);
