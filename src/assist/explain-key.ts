import { sectionPaths } from "../config/keys/catalog.js";
import type { ConfigPath } from "../config/keys/config-path.js";
import { describeKey, type KeyDescription, listKeys } from "../config/keys/describe.js";
import type { KeyInfo } from "../config/keys/sections/key.js";
import { choicesOf } from "../config/rules/keys/choices.js";
import { shortValue } from "../config/text/short-value.js";
import type { OpenConfig } from "./config-place.js";

/** Markdown about one key: meaning, type, default, value, and where it comes from, what rules it, findings about it. */
export function explainKey(path: ConfigPath, config: OpenConfig | undefined): string | undefined {
  const info = describedKey(path, config);
  if (info === undefined || info.types.every((type) => type === "map" || type === "null"))
    return sectionText(path, info?.meaning);
  const lines = [`**${path}**`, info.meaning === "" ? "" : info.meaning];
  const facts = [`type: ${info.types.join(" or ")}`];
  if (info.default !== undefined) facts.push(`default of MindFormers: \`${shortValue(info.default, 60) || '""'}\``);
  const choices = choicesOf(path, (at) => config?.get(at));
  if (choices.length > 0) facts.push(`values: ${choices.map((choice) => `\`${String(choice)}\``).join(", ")}`);
  const version = versionText(info);
  if (version !== "") facts.push(version);
  if (config?.get(path) !== undefined) {
    const { where } = config.origin(path);
    facts.push(`now: \`${shortValue(config.get(path), 60) || '""'}\` (${where})`);
  }
  if (config !== undefined) facts.push(...rulersOf(path, info, config));
  return [...lines, facts.map((fact) => `- ${fact}`).join("\n")].filter((block) => block !== "").join("\n\n");
}

function describedKey(path: ConfigPath, config: OpenConfig | undefined): KeyDescription | undefined {
  try {
    return describeKey(path, config);
  } catch {
    return undefined;
  }
}

function sectionText(path: string, meaning = ""): string | undefined {
  if (!sectionPaths.includes(path)) return meaning === "" ? undefined : `**${path}**\n\n${meaning}`;
  const keys = listKeys(path);
  const strict = keys[0]?.strict === true ? "MindFormers refuses other keys here." : "Other keys have no effect here.";
  const about = `section of ${keys.length} keys. ${strict}`;
  return [`**${path}**`, meaning, about, `\`listKeys("${path}")\` shows them.`].filter(Boolean).join("\n\n");
}

function versionText({ since, until }: KeyInfo): string {
  return [since && `since ${since}`, until && `until ${until}`].filter(Boolean).join(", ");
}

/** Findings about the value that is there, and whether any other value would have an effect. */
function rulersOf(path: string, info: KeyInfo, config: OpenConfig): string[] {
  const found = config.check().filter((issue) => issue.path === path);
  const ruled = found.some(({ rule }) => rulerRules.has(rule)) ? [] : probe(path, info, config);
  return [
    ...found.map(({ severity, message, hint }) => `${severity}: ${message} (${hint})`),
    ...ruled.map((message) => `ruled by another key: a value here ${message}`),
  ];
}

const rulerRules = new Set(["overruled-key", "switched-off"]);

/** Sets another value in a copy: a key that something else decides then gets a finding that names what. */
function probe(path: ConfigPath, info: KeyInfo, config: OpenConfig): string[] {
  const now = config.get(path) ?? info.default;
  const [type] = info.types;
  const other =
    type === "bool" ? now !== true : type === "int" ? Number(now ?? 1) + 1 : type === "float" ? 0.0123 : "x";
  if (!["bool", "int", "float", "string"].includes(String(type))) return [];
  try {
    const changed = config.copy().set(path, other).check();
    return changed.filter((issue) => issue.path === path && rulerRules.has(issue.rule)).map(({ message }) => message);
  } catch {
    // Nothing can be set there.
    return [];
  }
}
