import type { ScalarStyle } from "./tokens.js";

interface RawBase {
  readonly start: number;
  readonly end: number;
  readonly slot: number;
  readonly anchor: string | undefined;
  /** In full, such as `tag:yaml.org,2002:int`; undefined where none is written or only `!`. */
  readonly tag: string | undefined;
}

export interface RawAlias {
  readonly kind: "alias";
  readonly start: number;
  readonly end: number;
  readonly slot: number;
  readonly name: string;
}

export interface RawScalar extends RawBase {
  readonly kind: "scalar";
  /** "empty" is a value that is not written at all. */
  readonly style: ScalarStyle | "empty";
  readonly value: string;
  /** True where PyYAML looks at the text to find the type. */
  readonly implicit: boolean;
}

export interface RawSequence extends RawBase {
  readonly kind: "sequence";
  readonly flow: boolean;
  readonly items: readonly RawNode[];
}

export interface RawMap extends RawBase {
  readonly kind: "map";
  readonly flow: boolean;
  readonly pairs: readonly (readonly [key: RawNode, value: RawNode])[];
}

/** A node of a document before tags, types, and aliases are resolved. */
export type RawNode = RawAlias | RawScalar | RawSequence | RawMap;

export interface RawDocument {
  readonly root: RawNode;
  /** Offset of the document's mark or of its first token. */
  readonly start: number;
  /** Offset where it ends: the next document's mark, or the end of the text. */
  readonly end: number;
}
