import { hasAll, requireArgument, requireText } from "../../core/arguments.js";
import { ConfigError } from "../../core/error.js";
import { editDistance, suggestName } from "../../core/options/option-names.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle } from "../../view/sections.js";
import { ShownList } from "../../view/shown-list.js";
import { tableBundle } from "../../view/table.js";
import { shortValue } from "../text/short-value.js";
import { allKeys, homeOf, isStrict, keyInfo, sectionPaths } from "./catalog.js";
import type { ConfigPath } from "./config-path.js";
import type { KeyInfo } from "./sections/key.js";

/** One key of a configuration: what MindFormers 1.9 knows about it. Shows itself. */
export interface KeyDescription extends KeyInfo {
  readonly path: string;
  /** Its section; "" is the top of the file. */
  readonly section: string;
  /**
   * True if MindFormers refuses to start over an unknown key in this section; otherwise it silently ignores such a key.
   */
  readonly strict: boolean;
  [displayKey](): MimeBundle;
}

function keysTable(keys: readonly KeyDescription[]): MimeBundle {
  return tableBundle({
    title: `${keys.length} keys`,
    columns: [
      { key: "key" },
      { key: "type" },
      { key: "default", align: "left" },
      { key: "meaning" },
      { key: "version" },
    ],
    rows: keys.map((key) => ({
      key: key.path,
      type: key.types.join(" | "),
      default: defaultText(key),
      meaning: key.meaning,
      version: versionText(key),
    })),
    note: keys.some(({ strict }) => strict) ? "Strict: MindFormers refuses other keys here." : "",
    more: "listKeys(…).map((key) => key.path)",
  });
}

function defaultText({ default: value }: KeyInfo): string | undefined {
  return value === undefined ? undefined : shortValue(value, 40) || '""';
}

function versionText({ since, until }: KeyInfo): string {
  return [since && `since ${since}`, until && `until ${until}`].filter(Boolean).join(", ");
}

function described(section: string, name: string, info: KeyInfo): KeyDescription {
  const path = section === "" ? name : `${section}.${name}`;
  const strict = isStrict(section);
  const facts: [string, string][] = [
    ["meaning", info.meaning || "–"],
    ["type", info.types.join(" or ")],
    ["default", defaultText(info) ?? "none"],
    ["unknown keys in its section", strict ? "MindFormers refuses to start" : "are silently ignored"],
  ];
  const version = versionText(info);
  if (version !== "") facts.push(["version", version]);
  return { ...info, path, section, strict, [displayKey]: () => factsBundle(path, facts) };
}

/**
 * All keys that MindFormers 1.9 knows in a section, such as `"parallel_config"` or `"model.model_config"`; without a
 * section, all keys. Sections with a `type` have the keys of every type, with the defaults of a missing section.
 * Throws CONFIG_KEY_UNKNOWN.
 *
 * @example
 * listKeys("parallel_config").map(({ path }) => path);
 */
export function listKeys(section?: string): ShownList<KeyDescription> {
  if (section !== undefined) requireText(section, "listKeys, section", 'listKeys("parallel_config")');
  if (section !== undefined && !sectionPaths.includes(section)) {
    const near = suggestName(section, sectionPaths);
    throw new ConfigError("CONFIG_KEY_UNKNOWN", `section ${section}: MindFormers has no section of that name`, {
      hint: near === undefined ? `sections: ${sectionPaths.filter(Boolean).join(", ")}` : `listKeys("${near}")`,
      issues: [],
    });
  }
  const sections = section === undefined ? sectionPaths : [section];
  const keys = sections.flatMap((at) => Object.entries(allKeys(at)).map(([name, info]) => described(at, name, info)));
  return ShownList.showing(keys, keysTable);
}

/**
 * What MindFormers 1.9 knows about one key: type, default, meaning, versions. With `config` the default is that of its
 * model and types. Throws CONFIG_KEY_UNKNOWN with the most similar name.
 *
 * @example
 * describeKey("parallel_config.expert_parallel").meaning;
 */
export function describeKey(path: ConfigPath, config?: { get(path: string): unknown }): KeyDescription {
  requireArgument(typeof path === "string", {
    ...{ call: "describeKey", expected: "a path", found: path, example: 'describeKey("runner_config.epochs")' },
  });
  requireArgument(config === undefined || hasAll(config, "get"), {
    ...{ call: "describeKey, config", expected: "a configuration", found: config },
    example: 'describeKey("lr_schedule.warmup_steps", await openConfig("my-config.yaml"))',
  });
  const cut = path.lastIndexOf(".");
  const section = cut < 0 ? "" : path.slice(0, cut);
  const name = path.slice(cut + 1);
  const general = allKeys(section.replace(/^callbacks\.\d+$/, "callbacks"));
  const info =
    (config && keyInfo(path, (at) => config.get(at))) ?? (Object.hasOwn(general, name) ? general[name] : undefined);
  if (info !== undefined) return described(section, name, info);
  const near = suggestName(name, Object.keys(general));
  const meant = near === undefined ? homeOf(name) : section === "" ? near : `${section}.${near}`;
  throw new ConfigError("CONFIG_KEY_UNKNOWN", `key ${path}: MindFormers 1.9 has no such key`, {
    hint: meant === undefined ? `listKeys("${section}")` : `did you mean describeKey("${meant}")?`,
    issues: [],
    details: { path },
  });
}

/** How many letters of a misspelled name may be wrong. */
const wrongLetters = 2;

function nearName(word: string, names: readonly string[]): string | undefined {
  const near = suggestName(word, names);
  return near !== undefined && editDistance(word, near) <= wrongLetters ? near : undefined;
}

/** The known path that a misspelled one means, or undefined if the path is known or none is near. */
export function meantPath(path: string): string | undefined {
  const cut = path.lastIndexOf(".");
  const section = cut < 0 ? "" : path.slice(0, cut);
  const name = path.slice(cut + 1);
  const known = section
    .replace(/^callbacks\.\d+$/, "callbacks")
    .replace(/^train_dataset_task\.dataset_config(?=\.|$)/, "train_dataset");
  if (!sectionPaths.includes(known)) {
    const meant = nearName(known, sectionPaths);
    return meant !== undefined && Object.hasOwn(allKeys(meant), name) ? `${meant}.${name}` : undefined;
  }
  const keys = allKeys(known);
  // A position in a list, or a name that is known.
  if (/^\d+$/.test(name) || Object.hasOwn(keys, name)) return undefined;
  const near = nearName(name, Object.keys(keys));
  return near === undefined || section === "" ? near : `${section}.${near}`;
}
