import type { KeyInfo, KeyType } from "../../keys/sections/key.js";
import { follow, type YamlNode } from "../../text/nodes.js";
import { correctedNumber, intendedNumber } from "../../text/scalars.js";
import { shortValue } from "../../text/short-value.js";
import { byHand, type Cure, setTo } from "../cure.js";
import { error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

function typeOf(node: YamlNode): KeyType | "date" {
  const at = follow(node);
  if (at.kind === "map") return "map";
  if (at.kind === "sequence") return "list";
  const { kind } = at.resolved;
  return kind === "unreadable" ? "string" : kind;
}

function fits(found: KeyType | "date", { types }: KeyInfo, read: () => unknown): boolean {
  if (types.includes("any") || types.some((type) => type === found)) return true;
  if (found === "int" && types.includes("float")) return true;
  if (found !== "int" || !types.includes("bool")) return false;
  const value = read();
  return value === 0 || value === 1;
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

/** The same value as the type that is wanted, where it is open to see: "2" is 2, "true" is True, 4.0 is 4, x is [x]. */
function converted(value: unknown, types: readonly KeyType[]): unknown {
  if (typeof value === "string") {
    const text = value.trim();
    if (types.includes("bool") && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === "true";
    if (text !== "" && Number.isFinite(Number(text))) {
      if (types.includes("float")) return Number(text);
      if (types.includes("int") && Number.isInteger(Number(text))) return Number(text);
    }
  }
  if (typeof value === "number" && types.includes("int") && Number.isInteger(value)) return value;
  if (typeof value === "number" && types.includes("string")) return String(value);
  const scalar = typeof value === "string" || typeof value === "number";
  return scalar && types[0] === "list" ? [value] : undefined;
}

function cureOf(path: string, value: unknown, info: KeyInfo): Cure {
  const right = converted(value, info.types);
  if (right !== undefined) return setTo(path, right);
  const near = typeof value === "number" && info.types.includes("int") ? Math.max(1, Math.round(value)) : undefined;
  const example = near ?? info.default ?? (info.types[0] === "int" ? 1 : undefined);
  const expected = info.types.map((type) => names[type]).join(" or ");
  return byHand(
    example === undefined ? `set it to ${expected}` : `for example config.set("${path}", ${JSON.stringify(example)})`,
  );
}

function typeOfValue(value: unknown): KeyType {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "object") return "map";
  if (typeof value === "boolean") return "bool";
  return typeof value === "number" ? (Number.isInteger(value) ? "int" : "float") : "string";
}

/** Whether a key takes a value of this type; a key that nobody knows takes any. */
export function takesValue(info: KeyInfo | undefined, value: unknown): boolean {
  return info === undefined || fits(typeOfValue(value), info, () => value);
}

function* wrongTypes({ get, places, key }: RuleContext): Generator<RuleFinding> {
  for (const { path, node } of places) {
    const info = key(path);
    if (info === undefined) continue;
    const found = typeOf(node);
    if (fits(found, info, () => get(path))) continue;
    const value = get(path);
    if (
      typeof value === "string" &&
      node.kind === "scalar" &&
      node.style === "plain" &&
      intendedNumber(value) !== undefined
    )
      continue;
    const expected = info.types.map((type) => names[type]).join(" or ");
    yield error(
      [path, `expected ${expected}, found ${found === "date" ? "a date" : names[found]} (${shortValue(value)})`],
      cureOf(path, value, info),
    );
  }
}

/** Unquoted text that looks like a number to everybody but PyYAML. */
function* numbersAsText({ places, key }: RuleContext): Generator<RuleFinding> {
  for (const { path, node } of places) {
    if (node.kind !== "scalar" || node.style !== "plain") continue;
    const number = intendedNumber(node.text);
    if (number === undefined) continue;
    const info = key(path);
    const needed = info !== undefined && !fits("string", info, () => node.text);
    const words = [
      path,
      `${node.text} is text for PyYAML, not a number: a float needs a point, and a sign after the e`,
    ] as const;
    const cure = { ...setTo(path, number), hint: `write ${correctedNumber(node.text)}` };
    yield needed ? error(words, cure) : warning(words, cure);
  }
}

export const valueKindRules: readonly Rule[] = [
  {
    id: "wrong-type",
    about: "values have the type that their key takes",
    engine: "refuses",
    cure: true,
    check: wrongTypes,
  },
  {
    id: "number-as-text",
    about: "numbers are written so that PyYAML reads them as numbers",
    engine: "fails later",
    cure: true,
    check: numbersAsText,
  },
];
