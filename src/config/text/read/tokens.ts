/** How a scalar is written. */
export type ScalarStyle = "plain" | "single" | "double" | "block";

/** A mark of YAML's structure without content of its own. */
export type MarkKind =
  | "stream-end"
  | "document-start"
  | "document-end"
  | "block-sequence-start"
  | "block-mapping-start"
  | "block-end"
  | "flow-sequence-start"
  | "flow-sequence-end"
  | "flow-mapping-start"
  | "flow-mapping-end"
  | "block-entry"
  | "flow-entry"
  | "key"
  | "value";

interface Placed {
  readonly start: number;
  readonly end: number;
}

export interface MarkToken extends Placed {
  readonly kind: MarkKind;
}

export interface NameToken extends Placed {
  readonly kind: "alias" | "anchor";
  readonly name: string;
}

export interface TagToken extends Placed {
  readonly kind: "tag";
  /** `!`, `!!`, or `!name!`; undefined for a tag that is written in full. */
  readonly handle: string | undefined;
  readonly suffix: string;
}

export interface DirectiveToken extends Placed {
  readonly kind: "directive";
  readonly name: string;
  /** Of a TAG directive. */
  readonly tag: readonly [handle: string, prefix: string] | undefined;
  /** Of a YAML directive. */
  readonly major: number | undefined;
}

export interface ScalarToken extends Placed {
  readonly kind: "scalar";
  readonly style: ScalarStyle;
  readonly value: string;
}

export type Token = MarkToken | NameToken | TagToken | DirectiveToken | ScalarToken;

const words: Partial<Record<Token["kind"], string>> = {
  "stream-end": "the end of the text",
  "document-start": "---",
  "document-end": "...",
  "block-entry": "- of a list",
  "flow-entry": "a comma",
  "flow-sequence-end": "]",
  "flow-mapping-end": "}",
  "flow-sequence-start": "[",
  "flow-mapping-start": "{",
  "block-sequence-start": "a list",
  "block-mapping-start": "a key",
  "block-end": "a line with less indentation",
  scalar: "a value",
  key: "a key",
  value: "a colon",
};

/** A token as messages name it. */
export const tokenWords = (token: Token): string => words[token.kind] ?? `an ${token.kind}`;
