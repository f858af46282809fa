import fc from "fast-check";
import type { Config } from "../../src/config/config.js";

/**
 * One random edit: a path that exists, a new key in a section, or the position after a list's end; and a value of any
 * kind.
 */
export interface RandomEdit {
  readonly path: string;
  readonly value: unknown;
}

/** One random call of `set`, `unset` (value null) or `merge` (path empty). */
export interface RandomCall extends RandomEdit {
  readonly verb: "set" | "unset" | "merge";
}

interface Places {
  /** Every value below the top, also those behind aliases. */
  readonly values: string[];
  readonly sections: string[];
  readonly lists: { path: string; length: number }[];
}

export function placesOf(config: Config): Places {
  const places: Places = { values: [], sections: [], lists: [] };
  const visit = (value: unknown, path: string): void => {
    if (path !== "") places.values.push(path);
    if (Array.isArray(value)) {
      if (path !== "") places.lists.push({ path, length: value.length });
      for (const [index, item] of value.entries()) visit(item, `${path}.${index}`);
    } else if (typeof value === "object" && value !== null && !(value instanceof Date)) {
      places.sections.push(path);
      for (const [key, item] of Object.entries(value)) visit(item, path === "" ? key : `${path}.${key}`);
    }
  };
  visit(config.toJS(), "");
  return places;
}

const words = fc.constantFrom(
  ...[
    "on",
    "No",
    "1e-5",
    "1.0e5",
    "0x1F",
    "010",
    "1:30",
    "2024-01-02",
    "~",
    "null",
    "",
    " ",
    "a: b",
    "# c",
    "- x",
    "*a",
    "&a",
    "!t",
    "{",
    "[x",
    "a,b",
  ],
  ...[
    "it's",
    '"q"',
    "back\\slash",
    "tab\t",
    "line\nline",
    "line\n",
    "é",
    "模型",
    "😀",
    "\u2028",
    "\u0085",
    "\u007f",
    "=",
    "<<",
    "...",
    "---",
    "%x",
    "@x",
    "`x",
  ],
  ...[
    "/data/wiki_text_document",
    "seq_aux_loss",
    "O0",
    "58GB",
    "x:y",
    "?",
    "|",
    ">",
    ".inf",
    "1_000",
    "a #b",
    "a: ",
    "trailing ",
    "O'Neill's \"x\"",
    "-.5",
    "+12e03",
  ],
);

const scalar = fc.oneof(
  words,
  fc.string({ unit: "binary", maxLength: 12 }).filter((text) => !/\p{Cs}/u.test(text)),
  fc.integer(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    1e-7,
    1e21,
    1e22,
    2 ** 53,
    2 ** 60,
    5e-324,
    1.5e300,
    0.1,
    100,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
  fc.boolean(),
  fc.constant(null),
);

const key = fc.oneof(
  fc.constantFrom("alpha", "beta_1", "gamma", "on", "12", "a b", "ä", "x:y", "null"),
  fc.stringMatching(/^[a-z][a-z_]{0,8}$/),
);

const tree = fc.letrec((tie) => ({
  node: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalar, tie("list"), tie("map")),
  list: fc.array(tie("node"), { maxLength: 4 }),
  map: fc.dictionary(key, tie("node"), { maxKeys: 4, noNullPrototype: true }),
}));

/** Edits of a configuration; three of four set a single value. */
export function randomEdit(config: Config): fc.Arbitrary<RandomEdit> {
  const { values, sections, lists } = placesOf(config);
  const existing = fc.constantFrom(...values);
  const added = fc
    .tuple(fc.constantFrom(...sections), fc.stringMatching(/^zz_[a-z]{1,6}$/))
    .map(([path, name]) => (path === "" ? name : `${path}.${name}`));
  const deeper = fc.tuple(added, fc.stringMatching(/^[a-z]{1,4}$/)).map(([path, name]) => `${path}.${name}`);
  const paths: fc.Arbitrary<string>[] = [existing, existing, added, deeper];
  if (lists.length > 0) paths.push(fc.constantFrom(...lists).map(({ path, length }) => `${path}.${length}`));
  return fc.record({
    path: fc.oneof(...paths),
    value: fc.oneof({ weight: 3, arbitrary: scalar }, { weight: 1, arbitrary: tree.node }),
  });
}

/** The values nested by their paths; of paths that cross the later one stays. */
function nested(edits: readonly RandomEdit[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { path, value } of edits) {
    const segments = path.split(".");
    let at = result;
    for (const segment of segments.slice(0, -1)) {
      const inner = Object.hasOwn(at, segment) ? at[segment] : undefined;
      if (typeof inner !== "object" || inner === null || Array.isArray(inner)) at[segment] = {};
      at = at[segment] as Record<string, unknown>;
    }
    at[segments.at(-1) as string] = value;
  }
  return result;
}

/** Calls of every verb: half of them set, a quarter remove something, a quarter merge up to four values. */
export function randomCall(config: Config): fc.Arbitrary<RandomCall> {
  const { values } = placesOf(config);
  const set = randomEdit(config).map((edit): RandomCall => ({ verb: "set", ...edit }));
  const unset = fc.constantFrom(...values).map((path): RandomCall => ({ verb: "unset", path, value: null }));
  const inMaps = randomEdit(config).filter(({ path }) => !/(?:^|\.)\d+(?:\.|$)/.test(path));
  const merge = fc
    .array(inMaps, { minLength: 1, maxLength: 4 })
    .map((edits): RandomCall => ({ verb: "merge", path: "", value: nested(edits) }));
  return fc.oneof({ weight: 2, arbitrary: set }, unset, merge);
}

/** Makes the call on the configuration. */
export function makeCall(config: Config, { verb, path, value }: RandomCall): Config {
  if (verb === "unset") return config.unset(path);
  return verb === "merge" ? config.merge(value as Record<string, unknown>) : config.set(path, value);
}
