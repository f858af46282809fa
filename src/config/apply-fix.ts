import { hasAll, requireArgument, requireList } from "../core/arguments.js";
import type { FixStep, Issue } from "../core/error.js";
import { keyInfo } from "./keys/catalog.js";
import { floatPaths } from "./keys/float-paths.js";
import { applyEdits, refuseEdit } from "./text/edit.js";
import { emitKey } from "./text/emit.js";
import { follow, type MapEntry, type MapNode } from "./text/nodes.js";
import { formatNumber } from "./text/scalars.js";
import { readSource, type SourceText, withoutValue, withValue } from "./text/source-text.js";
import { nodeAt, readValue } from "./text/values.js";

function entryAt(source: SourceText, path: string): { map: MapNode; index: number; entry: MapEntry } {
  const segments = path.split(".");
  const parent = nodeAt(source.root, segments.slice(0, -1).join("."));
  const map = parent === undefined ? undefined : follow(parent);
  const index = map?.kind === "map" ? map.entries.findIndex(({ key }) => key === segments.at(-1)) : -1;
  const entry = map?.kind === "map" ? map.entries[index] : undefined;
  if (map?.kind !== "map" || entry === undefined)
    throw refuseEdit(path, "expected a key that is written here, found none", "config.check() gives fresh findings");
  return { map, index, entry };
}

function renamed(source: SourceText, path: string, to: string): SourceText {
  const { map, entry } = entryAt(source, path);
  if (map.entries.some(({ key }) => key === to))
    throw refuseEdit(path, `${to} is already in the same section`, "remove one of them");
  const { keyStart: start } = entry;
  const quote = /["']/.test(source.text[start] ?? "") ? 2 : 0;
  const written = source.text.slice(start, start + entry.key.length + quote);
  if (quote === 0 && written !== entry.key)
    throw refuseEdit(path, "the key is written in a way that can't be renamed", "edit the file's text");
  const text = applyEdits(source.text, [{ start, end: start + written.length, text: emitKey(to) }]);
  return readSource(text, source.name, source.document);
}

function step(source: SourceText, edit: FixStep): SourceText {
  if (edit.kind === "rename") return renamed(source, edit.path, edit.to);
  if (edit.kind === "unset") return withoutValue(source, edit.path);
  const get = (path: string): unknown => {
    const node = nodeAt(source.root, path);
    return node === undefined ? undefined : readValue(node);
  };
  const info = keyInfo(edit.path, get);
  const isFloat = floatPaths([edit], get);
  const asFloat = isFloat(edit.path);
  const node = nodeAt(source.root, edit.path);
  const wanted = asFloat ? "float" : "int";
  // The kind of a number is the point here: 0 is a whole number to MindFormers and 0.0 is not; an edit keeps the kind
  // that is written.
  if (node?.kind === "scalar" && typeof edit.value === "number" && Number.isInteger(edit.value))
    if ((asFloat || info?.types.includes("int")) && ["int", "float"].includes(node.resolved.kind))
      if (node.resolved.kind !== wanted) {
        const text = formatNumber(edit.value, asFloat);
        return readSource(applyEdits(source.text, [{ start: node.start, end: node.end, text }]), source.name);
      }
  return withValue(source, { path: edit.path, value: edit.value, asFloat: isFloat });
}

/**
 * The text with a finding's cure applied. Throws CONFIG_EDIT_REFUSED if it has none, or if the text has changed
 * meanwhile.
 */
export function withFix(source: SourceText, issue: Issue): SourceText {
  const isFinding = hasAll(issue, "rule", "path", "hint");
  const example = "config.fix(config.check()[0])";
  requireArgument(isFinding, { call: "config.fix", expected: "a finding of config.check()", found: issue, example });
  if (issue.fix === undefined || issue.fix === null)
    throw refuseEdit(issue.path, `${issue.rule} has no fix that code can apply`, issue.hint);
  requireList(issue.fix, "config.fix, fix", example);
  return withSteps(source, issue.fix);
}

/** The text with edits made one after the other. */
export function withSteps(source: SourceText, steps: readonly FixStep[]): SourceText {
  return steps.reduce(step, source);
}

const mostRounds = 100;

/**
 * The text with the cures of all errors and warnings applied, one after the other, each found by `check` in the text as
 * it then stands; and the findings that were cured. A cure is applied once at most, so that two rules that contradict
 * each other can't go on for ever.
 */
export function withAllFixes(
  source: SourceText,
  check: (text: SourceText) => readonly Issue[],
): { readonly text: SourceText; readonly fixed: readonly Issue[] } {
  const done = new Set<string>();
  const fixed: Issue[] = [];
  let text = source;
  for (let round = 0; round < mostRounds; round++) {
    const open = check(text).find(
      ({ severity, fix, rule, path }) =>
        severity !== "advice" && fix !== undefined && !done.has(JSON.stringify([rule, path, fix])),
    );
    if (open === undefined) break;
    done.add(JSON.stringify([open.rule, open.path, open.fix]));
    text = withFix(text, open);
    fixed.push(open);
  }
  return { text, fixed };
}
