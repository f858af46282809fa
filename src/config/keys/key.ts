/** What a value may be. "float" takes whole numbers too, "bool" also 0 and 1, "any" everything. */
export type KeyType = "int" | "float" | "bool" | "string" | "list" | "map" | "null" | "any";

/** One key of a configuration as MindFormers 1.9 knows it. */
export interface KeyInfo {
  readonly types: readonly KeyType[];
  /** Value that MindFormers takes if the key is missing; undefined if it has none of its own. */
  readonly default: unknown;
  readonly meaning: string;
}

export type Keys = Readonly<Record<string, KeyInfo>>;

/** A place in the configuration with the keys that may stand there. */
export interface SectionInfo {
  readonly keys: Keys;
  /** MindFormers refuses other keys here; elsewhere it ignores them. */
  readonly strict: boolean;
}

/** `key("int", 1, "…")`; several types are joined by `|`. */
export function key(types: string, defaultValue: unknown, meaning: string): KeyInfo {
  return { types: types.split("|") as KeyType[], default: defaultValue, meaning };
}

/** Names without an own description, `"int: a b c"` per line. */
export function plainKeys(lines: readonly string[]): Keys {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [types = "any", names = ""] = line.split(": ");
      return names.split(" ").map((name) => [name, key(types, undefined, "")]);
    }),
  );
}
