import { homeOf, keyInfo, sectionInfo } from "../keys/catalogue.js";
import type { KeyInfo, KeyType } from "../keys/key.js";
import { correctedNumber, intendedNumber } from "../python-yaml.js";
import { shortValue } from "../short-value.js";
import { suggestName } from "../suggest.js";
import { follow, type YamlNode } from "../yaml-nodes.js";
import type { Rule, RuleContext, RuleFinding } from "./rule.js";

interface Place {
  readonly path: string;
  readonly node: YamlNode;
}

/** Every mapping entry and list item that is written (aliases are not entered: their target is visited in its own place). */
function* placesBelow(node: YamlNode, path: string): Generator<Place> {
  const join = (name: string | number): string => (path === "" ? String(name) : `${path}.${name}`);
  if (node.kind === "map")
    for (const { key, value } of node.entries) {
      yield { path: join(key), node: value };
      yield* placesBelow(value, join(key));
    }
  if (node.kind === "sequence")
    for (const [index, item] of node.items.entries()) {
      yield { path: join(index), node: item };
      yield* placesBelow(item, join(index));
    }
}

function* unknownKeys({ get, root }: RuleContext): Generator<RuleFinding> {
  for (const { path } of placesBelow(root, "")) {
    const cut = path.lastIndexOf(".");
    const parent = cut < 0 ? "" : path.slice(0, cut);
    const name = path.slice(cut + 1);
    const section = sectionInfo(parent, get);
    const explained = name === "random_seed" && parent.endsWith("data_loader.config");
    if (section === undefined || explained || Object.hasOwn(section.keys, name)) continue;
    const near = suggestName(name, Object.keys(section.keys));
    const elsewhere = homeOf(name);
    const where = parent === "" ? "at the top" : `in ${parent}`;
    const suggestion = near !== undefined ? (parent === "" ? near : `${parent}.${near}`) : elsewhere;
    yield {
      severity: section.strict ? "error" : "warning",
      path,
      atKey: true,
      message: `${name}: MindFormers has no such key ${where}${section.strict ? " and refuses to start" : ", so it has no effect"}`,
      hint: suggestion === undefined ? `remove ${path}, or check its spelling` : `did you mean ${suggestion}?`,
    };
  }
}

function typeOf(node: YamlNode): KeyType | "date" {
  const at = follow(node);
  if (at.kind === "map") return "map";
  if (at.kind === "sequence") return "list";
  const { kind } = at.resolved;
  return kind === "unreadable" ? "string" : kind;
}

function fits(found: KeyType | "date", info: KeyInfo, value: unknown): boolean {
  const { types } = info;
  if (types.includes("any") || types.some((type) => type === found)) return true;
  if (found === "int" && types.includes("float")) return true;
  return found === "int" && types.includes("bool") && (value === 0 || value === 1);
}

const names: Readonly<Record<KeyType, string>> = {
  int: "a whole number",
  float: "a number",
  bool: "True or False",
  string: "text",
  list: "a list",
  map: "a section",
  null: "null",
  any: "any value",
};

function* wrongTypes({ get, root }: RuleContext): Generator<RuleFinding> {
  for (const { path, node } of placesBelow(root, "")) {
    const info = keyInfo(path, get);
    const found = typeOf(node);
    const value = get(path);
    if (info === undefined || fits(found, info, value)) continue;
    if (typeof value === "string" && intendedNumber(value) !== undefined) continue;
    const expected = info.types.map((type) => names[type]).join(" or ");
    const example = info.default ?? (info.types[0] === "int" ? 1 : undefined);
    yield {
      severity: "error",
      path,
      message: `expected ${expected}, found ${found === "date" ? "a date" : names[found]} (${shortValue(value)})`,
      hint:
        example === undefined
          ? `set it to ${expected}`
          : `for example config.set("${path}", ${JSON.stringify(example)})`,
    };
  }
}

/** Unquoted text that looks like a number to everybody but PyYAML. */
function* numbersAsText({ get, root }: RuleContext): Generator<RuleFinding> {
  for (const { path, node } of placesBelow(root, "")) {
    if (node.kind !== "scalar" || node.style !== "plain") continue;
    if (intendedNumber(node.text) === undefined) continue;
    const info = keyInfo(path, get);
    const needed = info !== undefined && !fits("string", info, node.text);
    yield {
      severity: needed ? "error" : "warning",
      path,
      message: `${node.text} is text for PyYAML, not a number: a float needs a point, and a sign after the e`,
      hint: `write ${correctedNumber(node.text)}`,
    };
  }
}

export const keyRules: readonly Rule[] = [
  { id: "unknown-key", check: unknownKeys },
  { id: "wrong-type", check: wrongTypes },
  { id: "number-as-text", check: numbersAsText },
];
