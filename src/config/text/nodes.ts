import type { ScalarStyle } from "./read/tokens.js";
import type { ResolvedScalar } from "./scalars.js";

/** Where something stands in the text: half-open range of UTF-16 offsets. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

interface NodeBase extends SourceRange {
  readonly anchor: string | undefined;
  /** In full, where PyYAML makes no value of a configuration of it: `tag:yaml.org,2002:binary`. */
  readonly unusable?: string | undefined;
  /**
   * End of the `:` or `-` (or of the anchor or tag after it) that the value belongs to: where a value on the same line
   * may be put.
   */
  readonly slot: number;
}

/** `style` "empty" is a value that is not written at all (`key:`). */
export interface ScalarNode extends NodeBase {
  readonly kind: "scalar";
  readonly style: ScalarStyle | "empty";
  readonly resolved: ResolvedScalar;
  readonly text: string;
}

export interface MapEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly value: YamlNode;
}

export interface MapNode extends NodeBase {
  readonly kind: "map";
  readonly flow: boolean;
  readonly entries: readonly MapEntry[];
  /** Values of `<<` keys. */
  readonly merged: readonly YamlNode[];
}

export interface SequenceNode extends NodeBase {
  readonly kind: "sequence";
  readonly flow: boolean;
  readonly items: readonly YamlNode[];
}

export interface AliasNode extends NodeBase {
  readonly kind: "alias";
  readonly name: string;
  readonly target: Exclude<YamlNode, AliasNode>;
}

export type YamlNode = ScalarNode | MapNode | SequenceNode | AliasNode;

/** The node itself, or what its alias stands for. */
export function follow(node: YamlNode): Exclude<YamlNode, AliasNode> {
  return node.kind === "alias" ? node.target : node;
}

/** 1-based line and column (in UTF-16 units) of an offset. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let at = before.indexOf("\n"); at >= 0; at = before.indexOf("\n", at + 1)) line++;
  return { line, column: offset - lineStart + 1 };
}

/** Column (0-based) of an offset in its line. */
export function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}

/** The line separator that the text uses. */
export function lineBreakOf(text: string): "\r\n" | "\n" {
  return /\r\n/.test(text) ? "\r\n" : "\n";
}
