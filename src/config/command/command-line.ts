import { ConfigError, type Issue } from "../../core/error.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle } from "../../view/sections.js";
import { follow, type MapNode, type SequenceNode, type YamlNode } from "../text/nodes.js";
import { resolvePlain } from "../text/scalars.js";
import type { SourceText } from "../text/source-text.js";
import { nodeAt, pairsOf } from "../text/values.js";
import { flagFor, flagText } from "./command-flags.js";
import { type CommandText, freeText, jsonOf } from "./command-text.js";

/** Overrides of `run_mindformer.py` that express the edits of a configuration; shows itself as the lines to type. */
export interface CommandLine {
  /** Words after `run_mindformer.py --config FILE`, for a program that starts others without a shell. */
  readonly words: readonly string[];
  /** The same as text for a shell, one override a line. */
  readonly text: string;
  [displayKey](): MimeBundle;
}

interface Override {
  readonly path: string;
  readonly node: YamlNode;
}

interface Findings {
  readonly overrides: Override[];
  readonly refused: { readonly path: string; readonly reason: string }[];
}

/** Sections that MindFormers makes, filled with defaults, if the file has none (training only). */
const templateSections = new Set([
  ...["runner_config", "parallel_config", "recompute_config", "swap_config", "monitor_config", "context", "parallel"],
]);

function same(a: YamlNode, b: YamlNode): boolean {
  const [x, y] = [follow(a), follow(b)];
  if (x.kind === "scalar" && y.kind === "scalar")
    return x.resolved.kind === y.resolved.kind && String(x.resolved.value) === String(y.resolved.value);
  if (x.kind === "sequence" && y.kind === "sequence")
    return x.items.length === y.items.length && x.items.every((item, index) => same(item, y.items[index] as YamlNode));
  if (x.kind !== "map" || y.kind !== "map") return false;
  const pairs = new Map(pairsOf(y));
  const own = pairsOf(x);
  return own.length === pairs.size && own.every(([key, item]) => same(item, pairs.get(key) ?? y) && pairs.has(key));
}

/** Value by value; aliases are copies for MindFormers, so that each place is compared by itself. */
function compare([before, now]: readonly [MapNode, MapNode], found: Findings, prefix = ""): void {
  const old = new Map(pairsOf(before));
  const current = new Map(pairsOf(now));
  for (const key of old.keys())
    if (!current.has(key))
      found.refused.push({ path: prefix + key, reason: "the command line can set values, but not remove them" });
  for (const [key, node] of current) {
    const was = old.get(key);
    if (was !== undefined && same(was, node)) continue;
    const [a, b] = [was && follow(was), follow(node)];
    if (b.kind === "map" && a?.kind === "map") compare([a, b], found, `${prefix}${key}.`);
    else if (b.kind === "map" && prefix === "" && templateSections.has(key) && (a === undefined || isNull(a)))
      compare([emptied(b), b], found, `${key}.`);
    else found.overrides.push({ path: prefix + key, node });
  }
}

function emptied(map: MapNode): MapNode {
  return { ...map, entries: [], merged: [] };
}

function isNull(node: YamlNode): boolean {
  return node.kind === "scalar" && node.resolved.kind === "null";
}

/** MindFormers puts its own loss monitor first, whether the list has one or not. */
function callbackList(list: SequenceNode): string {
  const isMonitor = (node: YamlNode): boolean => {
    const type = nodeAt(node, "type");
    return type?.kind === "scalar" && type.resolved.value === "MFLossMonitor";
  };
  const own = list.items.findLast(isMonitor);
  const rest = list.items.filter((item) => !isMonitor(item));
  return `[${[own === undefined ? '{"type": "MFLossMonitor"}' : jsonOf(own), ...rest.map(jsonOf)].join(", ")}]`;
}

function valueText({ path, node }: Override): CommandText {
  const at = follow(node);
  const flag = path.includes(".") ? {} : flagFor(path);
  if ("refused" in flag) return flag;
  if (at.kind === "map")
    return { refused: "a new section would be a plain dict, which MindFormers can't read by name" };
  if (at.kind === "scalar") return flag.kind === undefined ? freeText(at) : flagText(at, flag.kind);
  if (flag.kind !== undefined) return { refused: "its flag takes no lists" };
  try {
    return { text: path === "callbacks" ? callbackList(at) : jsonOf(at) };
  } catch (error) {
    return { refused: (error as Error).message };
  }
}

/** Why a path can't be written after `--`, or undefined. */
function pathProblem(path: string): string | undefined {
  const odd = path.split(".").find((key) => /[=\s]/.test(key) || resolvePlain(key).kind !== "string");
  return odd === undefined ? undefined : `the key ${JSON.stringify(odd)} can't be written on the command line`;
}

/** Single quotes where a shell would read something else. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function refusal(name: string, refused: Findings["refused"]): ConfigError {
  const issues = refused.map(
    ({ path, reason }): Issue => ({
      severity: "error",
      rule: "command-line",
      path,
      message: `${path}: ${reason}`,
      hint: "save the YAML instead",
    }),
  );
  const message =
    `${name}: expected edits that run_mindformer.py takes as --path value, ` +
    `found ${refused.length} that it doesn't\n${issues.map((issue) => issue.message).join("\n")}`;
  const hint = 'save the YAML and use it: await config.save("config.yaml")';
  return new ConfigError("CONFIG_NOT_ON_COMMAND_LINE", message, { hint, issues });
}

/**
 * The overrides that turn the text `before` into `now` (MindFormers 1.9, run_mindformer.py). Booleans are never written
 * with `--options`, which reads them all as False; text that looks like a number or holds `=` is written as JSON; lists
 * are set as a whole. Throws CONFIG_NOT_ON_COMMAND_LINE with every edit that can't be told this way.
 */
export function commandLineFor(before: SourceText, now: SourceText): CommandLine {
  const found: Findings = { overrides: [], refused: [] };
  const [a, b] = [follow(before.root), follow(now.root)];
  if (b.kind === "map") compare([a.kind === "map" ? a : emptied(b), b], found);
  const lines: string[][] = [];
  for (const override of found.overrides) {
    const value = valueText(override);
    const problem = pathProblem(override.path) ?? ("refused" in value ? value.refused : undefined);
    if (problem !== undefined) found.refused.push({ path: override.path, reason: problem });
    else if ("text" in value) {
      const flag = `--${override.path}`;
      const joined = value.text.startsWith("-") && !override.path.includes(".") && !/^-\d+$/.test(value.text);
      lines.push(joined ? [`${flag}=${value.text}`] : [flag, value.text]);
    }
  }
  if (found.refused.length > 0) throw refusal(now.name, found.refused);
  const text = lines.map((line) => line.map(quote).join(" ")).join(" \\\n");
  const shown = text === "" ? "no edits: no overrides" : text;
  return {
    words: lines.flat(),
    text,
    [displayKey]: () => factsBundle("Overrides of run_mindformer.py", [["after --config", shown]]),
  };
}
