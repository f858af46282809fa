import type { MapEntry, YamlNode } from "../../text/nodes.js";
import { shortValue } from "../../text/short-value.js";
import { readValue } from "../../text/values.js";
import { byHand } from "../cure.js";
import { error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

/** Keys that stand more than once in a section, each with its entries in the order of the text. */
function repeatedKeys(node: YamlNode): readonly (readonly MapEntry[])[] {
  if (node.kind !== "map" || new Set(node.entries.map(({ key }) => key)).size === node.entries.length) return [];
  const byKey = new Map<string, MapEntry[]>();
  for (const entry of node.entries) byKey.set(entry.key, [...(byKey.get(entry.key) ?? []), entry]);
  return [...byKey.values()].filter((entries) => entries.length > 1);
}

/** PyYAML reads a key that stands twice without a word and takes the last value. */
function* duplicates({ root, places }: RuleContext): Generator<RuleFinding> {
  for (const { path, node } of [{ path: "", node: root }, ...places])
    for (const entries of repeatedKeys(node)) {
      const [first, last] = [entries[0], entries.at(-1)];
      if (first === undefined || last === undefined) continue;
      const values = entries.map(({ value }) => shortValue(readValue(value))).join(", then ");
      const message = `the key appears ${entries.length} times in one section: ${values}; only the last counts`;
      const finding = error(
        [path === "" ? first.key : `${path}.${first.key}`, message],
        byHand("remove the lines without effect from the file"),
      );
      yield { ...finding, offset: first.keyStart };
    }
}

/** Numbers whose text means another number to most readers: octal by a leading zero, base 60 by colons. */
function* otherBases({ places }: RuleContext): Generator<RuleFinding> {
  for (const { path, node } of places) {
    if (node.kind !== "scalar" || node.style !== "plain") continue;
    const { kind, value } = node.resolved;
    if (kind !== "int" && kind !== "float") continue;
    const octal = /^[-+]?0[0-9_]+$/.test(node.text);
    if (!octal && !node.text.includes(":")) continue;
    const meaning = octal ? "octal, because of the zero in front" : "base 60, because of the colon";
    const hint = octal
      ? `write ${node.text.replace(/^([-+]?)[0_]+(?=\d)/, "$1")}, or ${String(value)} if you mean that`
      : `quote it ("${node.text}"), or write ${String(value)} if you mean that`;
    yield warning([path, `${node.text} is ${String(value)} for PyYAML (${meaning})`], byHand(hint));
  }
}

export const surpriseRules: readonly Rule[] = [
  {
    id: "duplicate-key",
    about: "a key appears once in its section: PyYAML silently takes the last value",
    engine: "ignores",
    cure: false,
    check: duplicates,
  },
  {
    id: "number-base",
    about: "numbers are decimal: 0123 is octal for PyYAML, and 12:30 is base 60",
    engine: "accepts",
    cure: false,
    check: otherBases,
  },
];
