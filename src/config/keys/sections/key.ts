/** What a value may be. "float" takes whole numbers too, "bool" also 0 and 1, "any" everything. */
export type KeyType = "int" | "float" | "bool" | "string" | "list" | "map" | "null" | "any";

/** One key of a configuration as MindFormers 1.9 knows it. */
export interface KeyInfo {
  readonly types: readonly KeyType[];
  /** What the items of a list must be, if MindFormers refuses others. */
  readonly items?: KeyType;
  /** Value that MindFormers takes if the key is missing; undefined if it has none of its own. */
  readonly default: unknown;
  readonly meaning: string;
  /** First version that knows it, if later than mid-2025. */
  readonly since?: string;
  /** Last version in which it has an effect, if that is not 1.9. */
  readonly until?: string;
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

/** The key of a list of floats: MindFormers refuses whole numbers in it. */
export function ofFloats(info: KeyInfo): KeyInfo {
  return { ...info, items: "float" };
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

/** The keys with other defaults; where null is one, null is allowed too. */
export function withDefaults(keys: Keys, defaults: Readonly<Record<string, unknown>>): Keys {
  const changed = Object.entries(defaults).map(([name, value]): [string, KeyInfo] => {
    const info = keys[name];
    if (info === undefined) throw new RangeError(`no key ${name} to change the default of`);
    const nullable = value === null && !info.types.includes("null");
    return [name, { ...info, default: value, types: nullable ? [...info.types, "null"] : info.types }];
  });
  return { ...keys, ...Object.fromEntries(changed) };
}

/** The named keys are new since mid-2025. */
export function newKeys(keys: Keys, names: readonly string[]): Keys {
  const marked = names.map((name): [string, KeyInfo] => [name, { ...(keys[name] as KeyInfo), since: "1.9" }]);
  return { ...keys, ...Object.fromEntries(marked) };
}

/** Keys that MindFormers 1.9 still accepts, without effect. */
export function pastKeys(keys: Keys): Keys {
  return Object.fromEntries(Object.entries(keys).map(([name, info]) => [name, { ...info, until: "mid-2025" }]));
}
