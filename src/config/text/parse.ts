import {
  type Alias,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { SyntaxFinding } from "./finding.js";
import type { MapEntry, MapNode, ScalarNode, YamlNode } from "./nodes.js";
import { type ResolvedScalar, resolvePlain } from "./scalars.js";

type ParsedNode = Alias | Scalar | YAMLMap | YAMLSeq;
type Target = Exclude<YamlNode, { kind: "alias" }>;

interface Context {
  readonly text: string;
  readonly anchors: Map<string, Target>;
  /** Number of values in each anchored node, its aliases expanded. */
  readonly sizes: Map<Target, number>;
  /** Values met so far, aliases expanded. */
  count: number;
}

/** A configuration has some hundreds of values; aliases of aliases can make billions out of ten lines. */
const largest = 200_000;

function count(context: Context, values: number, offset: number): void {
  context.count += values;
  if (context.count <= largest) return;
  const message = `more than ${largest} values, with every alias in full`;
  throw new SyntaxFinding({ offset, message, hint: "use fewer aliases of sections that hold aliases themselves" });
}

function resolveTagged(node: Scalar, text: string): ResolvedScalar {
  const plain = node.type === "PLAIN";
  const tag = node.tag?.replace("tag:yaml.org,2002:", "");
  if (tag === undefined) return plain ? resolvePlain(text) : { kind: "string", value: text };
  if (tag === "str" || tag === "!") return { kind: "string", value: text };
  const found = resolvePlain(text);
  if (tag === "float" && found.kind === "int") return { kind: "float", value: Number(found.value) };
  const fits = tag === found.kind || (tag === "timestamp" && found.kind === "date");
  if (fits) return found;
  throw new SyntaxFinding({
    offset: node.range?.[0] ?? 0,
    message: `tag ${node.tag}: PyYAML's safe_load can't make it of ${JSON.stringify(text)}`,
    hint: "remove the tag",
  });
}

const styles = {
  PLAIN: "plain",
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "block",
  BLOCK_FOLDED: "block",
} as const;

function scalarNode(node: Scalar, slot: number, context: Context): ScalarNode {
  const text = String(node.value ?? "");
  const [start, end] = node.range ?? [slot, slot];
  const resolved = resolveTagged(node, text);
  if (resolved.kind === "unreadable")
    throw new SyntaxFinding({
      offset: start,
      message: `${text}: PyYAML has no value for this unquoted text`,
      hint: `quote it: "${text}"`,
    });
  const style = start === end ? "empty" : (styles[(node.type ?? "PLAIN") as keyof typeof styles] ?? "plain");
  const at = style === "empty" ? { start: slot, end: slot } : { start, end };
  return { kind: "scalar", ...at, slot, anchor: node.anchor, style, resolved, text: context.text.slice(start, end) };
}

/** End of the last token that belongs to the slot itself: `:`, `-`, an anchor, a tag, or (in flow) the bracket and comma before. */
function slotEnd(tokens: readonly CST.SourceToken[] | undefined, fallback: number): number {
  const last = tokens?.findLast((token) => ["map-value-ind", "seq-item-ind", "anchor", "tag"].includes(token.type));
  return last === undefined ? fallback : last.offset + last.source.length;
}

function keyText(pair: Pair, context: Context): { key: string; start: number } {
  const key = pair.key as ParsedNode | null;
  const start = key?.range?.[0] ?? 0;
  if (!isScalar(key) || (key as Scalar).anchor !== undefined)
    throw new SyntaxFinding({ offset: start, message: "a key that is not plain text", hint: "use text as the key" });
  if (key.type === "PLAIN" && key.value === "<<") return { key: "<<", start };
  const node = scalarNode(key, start, context);
  return { key: node.resolved.kind === "string" ? String(node.resolved.value) : pythonKey(node), start };
}

/** Keys that PyYAML doesn't read as text are named as Python prints them. */
function pythonKey(node: ScalarNode): string {
  const value = node.resolved.value;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return value instanceof Date ? node.text : String(value);
}

function sourceItems(node: YAMLSeq): readonly { readonly start: readonly CST.SourceToken[] }[] {
  const token = node.srcToken;
  if (token?.type !== "block-seq") return [];
  return token.items.filter((item) => item.start.some(({ type }) => type === "seq-item-ind"));
}

function mapNode(node: YAMLMap, slot: number, context: Context): MapNode {
  const entries: MapEntry[] = [];
  const merged: YamlNode[] = [];
  const seen = new Set<string>();
  for (const pair of node.items as Pair[]) {
    const { key, start } = keyText(pair, context);
    const keyEnd = (pair.key as Scalar).range?.[1] ?? start;
    const token = (pair as { srcToken?: CST.CollectionItem }).srcToken;
    const value = convert(pair.value as ParsedNode | null, slotEnd(token?.sep, keyEnd), context);
    if (key === "<<" && (pair.key as Scalar).type === "PLAIN") {
      merged.push(...(value.kind === "sequence" ? value.items : [value]));
      continue;
    }
    if (seen.has(key))
      throw new SyntaxFinding({
        offset: start,
        message: `key ${key} stands twice in one mapping`,
        hint: "remove one of the two",
      });
    seen.add(key);
    entries.push({ key, keyStart: start, value });
  }
  const [start, end] = node.range ?? [slot, slot];
  return { kind: "map", start, end, slot, anchor: node.anchor, flow: node.flow === true, entries, merged };
}

function sequenceNode(node: YAMLSeq, slot: number, context: Context): Target {
  const sources = sourceItems(node);
  const flow = node.flow === true;
  const items = (node.items as ParsedNode[]).map((item, index) => {
    const before = item.range?.[0] ?? slot;
    return convert(item, slotEnd(flow ? undefined : sources[index]?.start, before), context);
  });
  const [start, end] = node.range ?? [slot, slot];
  return { kind: "sequence", start, end, slot, anchor: node.anchor, flow, items };
}

function convert(node: ParsedNode | null, slot: number, context: Context): YamlNode {
  if (node === null)
    return {
      kind: "scalar",
      start: slot,
      end: slot,
      slot,
      anchor: undefined,
      style: "empty",
      resolved: resolvePlain(""),
      text: "",
    };
  if (isAlias(node)) {
    const target = context.anchors.get(node.source);
    const [start, end] = node.range ?? [slot, slot];
    if (target === undefined)
      throw new SyntaxFinding({
        offset: start,
        message: `alias *${node.source}: no anchor &${node.source} before it`,
        hint: `write &${node.source} after the key that it should repeat`,
      });
    count(context, context.sizes.get(target) ?? 1, start);
    return { kind: "alias", start, end, slot, anchor: undefined, name: node.source, target };
  }
  const before = context.count;
  count(context, 1, node.range?.[0] ?? slot);
  let made: Target;
  if (isMap(node)) made = mapNode(node, slot, context);
  else if (isSeq(node)) made = sequenceNode(node, slot, context);
  else made = scalarNode(node, slot, context);
  if (made.anchor !== undefined) {
    context.anchors.set(made.anchor, made);
    context.sizes.set(made, context.count - before);
  }
  return made;
}

/**
 * The tree of a parsed document; throws SyntaxFinding for what PyYAML refuses although the syntax is YAML.
 * `several`: other documents stand in the same text.
 */
export function toNodes(document: Document.Parsed, text: string, several = false): YamlNode {
  const end = several ? document.range[2] : text.length;
  return convert(document.contents as ParsedNode | null, end, { text, anchors: new Map(), sizes: new Map(), count: 0 });
}
