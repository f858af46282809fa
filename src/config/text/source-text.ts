import { requireText } from "../../core/arguments.js";
import { ConfigError, type Issue } from "../../core/error.js";
import { applyEdits, editsFor, refuseEdit, type TextEdit } from "./edit.js";
import { deepestValue, findUnwritable } from "./emit.js";
import { type MapNode, positionOf, type SequenceNode, type YamlNode } from "./nodes.js";
import { editsForRemoval } from "./remove.js";
import { parseYaml } from "./syntax.js";
import { aliasesOf, isSection, leavesOf, nodeAt, readValue, sameValue, type YamlValue } from "./values.js";

/** A text together with its tree; never changed, edits make new ones. */
export interface SourceText {
  /** File, template, or "text", for messages. */
  readonly name: string;
  readonly text: string;
  /** Tree of the document that is edited. */
  readonly root: YamlNode;
  /** Which document of the text that is, from 0; and how many there are. */
  readonly document: number;
  readonly documents: number;
}

function excerpt(text: string, line: number, column: number): string {
  const shown = (text.split("\n")[line - 1] ?? "").replace(/\r$/, "").replaceAll("\t", "→");
  const from = Math.max(0, column - 60);
  return `  ${shown.slice(from, from + 110)}\n  ${" ".repeat(column - 1 - from)}^`;
}

/**
 * Reads YAML text; throws CONFIG_UNREADABLE with line, column, excerpt, and cure.
 * Of a text with several documents (`---`) `document` chooses one; without it such a text is refused.
 */
export function readSource(text: string, name: string, document?: number): SourceText {
  const { root, findings, documents } = parseYaml(text, document);
  const issues = findings.map(({ offset, message, hint }): Issue => {
    const { line, column } = positionOf(text, Math.min(offset, text.length));
    const where = `${name}:${line}:${column}: ${message}\n${excerpt(text, line, column)}`;
    return { severity: "error", rule: "yaml", path: "", message: where, hint, line, column };
  });
  if (root !== undefined && issues.length === 0) {
    if (isSection(readValue(root)) || readValue(root) === null)
      return { name, text, root, document: document ?? 0, documents };
    const message =
      `${name}: expected keys and values at the top, ` +
      `found ${root.kind === "sequence" ? "a list" : "a single value"}\n${excerpt(text, 1, 1)}`;
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

/** True if one path is the other or lies in it. */
export function pathsCross(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
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

const printed = new WeakMap<YamlNode, Map<string, string>>();

function fingerprintsOf(root: YamlNode): Map<string, string> {
  const known = printed.get(root) ?? fingerprints(root);
  printed.set(root, known);
  return known;
}

/** Paths of leaves (not in or above `except`) that differ between two trees. */
function strayChanges(before: YamlNode, after: YamlNode, except: readonly string[]): string[] {
  const inside = (path: string): boolean => path === "" || except.some((place) => pathsCross(path, place));
  const old = fingerprintsOf(before);
  const now = fingerprintsOf(after);
  return [...new Set([...old.keys(), ...now.keys()])].filter(
    (path) => !inside(path) && old.get(path) !== now.get(path),
  );
}

function normalize(value: unknown): unknown {
  if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) return Number(value);
  if (Array.isArray(value)) return value.map(normalize);
  return isSection(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normalize(item)]))
    : value;
}

function refusePath(path: string): void {
  requireText(path, "path of a configuration", 'config.set("runner_config.epochs", 1)');
  if (path === "" || path.split(".").includes(""))
    throw refuseEdit(
      path === "" ? '""' : path,
      "expected names joined by single points",
      "for example runner_config.epochs",
    );
}

/** The edited text, parsed again; refused if it can't be read or if a value outside of `place` differs. */
function reread(
  source: SourceText,
  edits: readonly TextEdit[],
  place: { path: string; areas: readonly string[] },
): SourceText {
  const text = applyEdits(source.text, edits);
  const { root, documents } = parseYaml(text, source.document);
  if (root === undefined || documents !== source.documents)
    throw refuseEdit(
      place.path,
      "the edit would make the file unreadable (an anchor in the old value may be used elsewhere)",
      "set the values inside it one by one",
    );
  const stray = strayChanges(source.root, root, place.areas);
  if (stray.length > 0)
    throw refuseEdit(
      place.path,
      `the edit would also change ${stray.slice(0, 3).join(", ")}`,
      "edit the file's text at this place",
    );
  return { ...source, text, root };
}

/** A value to be set; `asFloat`: paths, of the value and below, where an integral number gets a point. */
export interface Setting {
  readonly path: string;
  readonly value: unknown;
  readonly asFloat?: (path: string) => boolean;
}

const refusals = {
  kind: ["expected text, numbers, booleans, null, lists, or plain objects", "convert the value first"],
  circle: ["expected a value that ends, found one that contains itself", "set a copy without the circle"],
  depth: [
    `expected at most ${deepestValue} levels of lists and objects, found more`,
    "MindFormers reads at most 10 levels: set a flatter value",
  ],
} as const;

function checked({ path, value, asFloat = () => false }: Setting): Required<Setting> {
  refusePath(path);
  const unwritable = findUnwritable(value);
  if (unwritable !== undefined) {
    const [reason, hint] = refusals[unwritable.reason];
    throw refuseEdit(path + unwritable.path, reason, hint);
  }
  return { path, value: normalize(value), asFloat };
}

function withSettings(source: SourceText, settings: readonly Required<Setting>[]): SourceText {
  const path = settings.map((setting) => setting.path).join(", ");
  const edits = settings.flatMap((setting) => editsFor(source.root, source.text, setting));
  if (edits.length === 0) return source;
  const areas = settings.map((setting) => canonicalPath(source.root, setting.path));
  const edited = reread(source, edits, { path, areas });
  for (const setting of settings) {
    const node = nodeAt(edited.root, setting.path);
    if (node === undefined || !sameValue(readValue(node), setting.value))
      throw refuseEdit(path, "the edit would also change its surroundings", "edit the file's text at this place");
  }
  return edited;
}

/**
 * The text with `path` set to `value` and no other byte changed; the result is parsed again and compared, so that a
 * wrong edit can't get out. Throws CONFIG_EDIT_REFUSED.
 */
export function withValue(source: SourceText, setting: Setting): SourceText {
  return withSettings(source, [checked(setting)]);
}

/**
 * Several values, one after the other; where they don't touch each other with a single reading. Throws
 * CONFIG_EDIT_REFUSED.
 */
export function withValues(source: SourceText, settings: readonly Setting[]): SourceText {
  const list = settings.map(checked);
  const places = list.map(({ path }) => canonicalPath(source.root, path));
  const apart = places.every((a, i) => nodeAt(source.root, a) && places.every((b, j) => i === j || !pathsCross(a, b)));
  if (apart && list.length > 1) {
    try {
      return withSettings(source, list);
    } catch (error) {
      // one by one it may go, or the message names the one that doesn't
      if (!(error instanceof ConfigError)) throw error;
    }
  }
  return list.reduce((text, setting) => withSettings(text, [setting]), source);
}

/** What the section or list holds after the removal: a key that a merge key (`<<`) brings along shows again. */
function without(container: MapNode | SequenceNode, segment: string): YamlValue {
  if (container.kind === "sequence") return container.items.toSpliced(Number(segment), 1).map(readValue);
  return readValue({ ...container, entries: container.entries.filter(({ key }) => key !== segment) });
}

/** The text without `path`; checked like `withValue`. Throws CONFIG_EDIT_REFUSED. */
export function withoutValue(source: SourceText, path: string): SourceText {
  refusePath(path);
  const place = canonicalPath(source.root, path);
  const edits = editsForRemoval(source.root, source.text, place);
  const parent = place.split(".").slice(0, -1).join(".");
  const container = nodeAt(source.root, parent) as MapNode | SequenceNode;
  const edited = reread(source, edits, { path, areas: [container.kind === "sequence" ? parent : place] });
  const now = nodeAt(edited.root, parent);
  if (now === undefined || !sameValue(readValue(now), without(container, place.split(".").at(-1) as string)))
    throw refuseEdit(path, "the edit would also change its surroundings", "edit the file's text at this place");
  return edited;
}
