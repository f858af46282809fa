import { ConfigError, type Issue } from "../core/error.js";
import { applyEdits, editsFor, refuseEdit } from "./yaml-edit.js";
import { findUnwritable } from "./yaml-emit.js";
import { positionOf, type YamlNode } from "./yaml-nodes.js";
import { parseYaml } from "./yaml-syntax.js";
import { aliasesOf, isSection, leavesOf, nodeAt, readValue, sameValue, type YamlValue } from "./yaml-values.js";

/** A text together with its tree; never changed, edits make new ones. */
export interface SourceText {
  /** File, template or "text", for messages. */
  readonly name: string;
  readonly text: string;
  readonly root: YamlNode;
}

function excerpt(text: string, line: number, column: number): string {
  const shown = (text.split("\n")[line - 1] ?? "").replace(/\r$/, "").replaceAll("\t", "→");
  const from = Math.max(0, column - 60);
  return `  ${shown.slice(from, from + 110)}\n  ${" ".repeat(column - 1 - from)}^`;
}

/** Reads YAML text; throws CONFIG_UNREADABLE with line, column, excerpt and cure. */
export function readSource(text: string, name: string): SourceText {
  const { root, findings } = parseYaml(text);
  const issues = findings.map(({ offset, message, hint }): Issue => {
    const { line, column } = positionOf(text, Math.min(offset, text.length));
    const where = `${name}:${line}:${column}: ${message}\n${excerpt(text, line, column)}`;
    return { severity: "error", rule: "yaml", path: "", message: where, hint, line, column };
  });
  if (root !== undefined && issues.length === 0) {
    if (isSection(readValue(root)) || readValue(root) === null) return { name, text, root };
    const message = `${name}: expected keys and values at the top, found ${root.kind === "sequence" ? "a list" : "a single value"}\n${excerpt(text, 1, 1)}`;
    const hint = "start the file with lines such as  seed: 42";
    issues.push({ severity: "error", rule: "yaml", path: "", message, hint, line: 1, column: 1 });
  }
  const [first] = issues;
  throw new ConfigError("CONFIG_UNREADABLE", issues.map(({ message }) => message).join("\n"), {
    hint: first?.hint ?? "correct the YAML",
    issues,
    details: { name, line: first?.line, column: first?.column },
  });
}

/** The path with prefixes that lead through an alias replaced by the anchored node's own path. */
export function canonicalPath(root: YamlNode, path: string): string {
  let canonical = path;
  for (let round = 0; round < 20; round++) {
    const alias = aliasesOf(root)
      .filter(({ path: at }) => canonical.startsWith(`${at}.`))
      .sort((a, b) => b.path.length - a.path.length)[0];
    if (alias === undefined) return canonical;
    canonical = alias.targetPath + canonical.slice(alias.path.length);
  }
  return canonical;
}

function fingerprints(root: YamlNode): Map<string, string> {
  const print = (value: YamlValue): string =>
    JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? `${item}n` : item)) ?? "";
  return new Map(
    [...leavesOf(root)].map(({ path, node, value }) => [
      path,
      node.kind === "alias"
        ? `*${node.name}`
        : `${node.anchor ?? ""} ${node.kind === "scalar" ? node.resolved.kind : ""} ${print(value)}`,
    ]),
  );
}

/** Paths of leaves (not below `except`) that differ between two trees. */
function strayChanges(before: YamlNode, after: YamlNode, except: string): string[] {
  const inside = (path: string): boolean =>
    path === "" || path === except || path.startsWith(`${except}.`) || except.startsWith(`${path}.`);
  const old = fingerprints(before);
  const now = fingerprints(after);
  return [...new Set([...old.keys(), ...now.keys()])].filter(
    (path) => !inside(path) && old.get(path) !== now.get(path),
  );
}

function normalise(value: unknown): unknown {
  if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) return Number(value);
  if (Array.isArray(value)) return value.map(normalise);
  return isSection(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normalise(item)]))
    : value;
}

/**
 * The text with `path` set to `value` and no other byte changed; the result is parsed again and compared, so that a wrong edit can't get out.
 * Throws CONFIG_EDIT_REFUSED.
 */
export function withValue(
  source: SourceText,
  request: { path: string; value: unknown; asFloat?: boolean },
): SourceText {
  const { path } = request;
  const value = normalise(request.value);
  const unwritable = findUnwritable(request.value);
  if (unwritable !== undefined)
    throw refuseEdit(
      path + unwritable,
      "expected text, numbers, booleans, null, lists or plain objects",
      "convert the value first",
    );
  if (path === "" || path.split(".").includes(""))
    throw refuseEdit(path, "expected names joined by single points", "for example runner_config.epochs");
  const edits = editsFor(source.root, source.text, { ...request, value });
  const text = applyEdits(source.text, edits);
  const { root } = parseYaml(text);
  if (root === undefined)
    throw refuseEdit(
      path,
      "the new value would make the file unreadable (an anchor in the old value may be used elsewhere)",
      "set the single values inside it",
    );
  const node = nodeAt(root, path);
  const stray = strayChanges(source.root, root, canonicalPath(source.root, path));
  if (node === undefined || !sameValue(readValue(node), value) || stray.length > 0)
    throw refuseEdit(
      path,
      `the edit would also change ${stray.slice(0, 3).join(", ") || "its surroundings"}`,
      "edit the file's text at this place",
    );
  return { name: source.name, text, root };
}
