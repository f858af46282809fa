import type { Issue } from "../core/error.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { factsBundle, issuesBundle, joinBundles } from "../view/sections.js";
import { show } from "../view/show.js";
import { tableBundle } from "../view/table.js";
import { treeBundle } from "../view/tree.js";
import type { ConfigChange, ConfigDiff } from "./diff.js";
import { meantPath } from "./keys/describe.js";
import { shortValue } from "./text/short-value.js";
import { isSection } from "./text/values.js";
import { type TreeFacts, treeNodes } from "./tree.js";

interface Shown extends TreeFacts {
  readonly source: { readonly kind: string; readonly name: string };
  readonly values: Readonly<Record<string, unknown>>;
}

/** Sections in the order in which somebody who trains thinks of them; the rest follows in the file's order. */
const mainSections: readonly (readonly [label: string, path: string])[] = [
  ["model", "model.model_config"],
  ["data", "train_dataset"],
  ["run", "runner_config"],
  ["mesh", "parallel_config"],
  ["parallel", "parallel"],
  ["recompute", "recompute_config"],
  ["optimizer", "optimizer"],
  ["learning rate", "lr_schedule"],
  ["device", "context"],
];

/** `key value` pairs of a section, those of sections inside it after their nearest name. */
function pairs(value: unknown, prefix = ""): string[] {
  if (!isSection(value)) return [`${prefix} ${shortValue(value, 60) || '""'}`];
  return Object.entries(value).flatMap(([key, item]) =>
    pairs(item, prefix === "" || isSection(item) ? key : `${prefix}.${key}`),
  );
}

/** The pairs in lines of about 100 letters. */
function wrap(parts: readonly string[]): string {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last === undefined || last.length + part.length > 100) lines.push(part);
    else lines[lines.length - 1] = `${last} · ${part}`;
  }
  return lines.join("\n");
}

function at(values: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (isSection(value) ? value[key] : undefined), values);
}

function callbackText(value: unknown): string {
  if (!Array.isArray(value)) return shortValue(value);
  return value
    .map((item) =>
      isSection(item)
        ? pairs(item)
            .join(" · ")
            .replace(/^type /, "")
        : shortValue(item),
    )
    .join("\n");
}

/** For terminals: the main sections, one line or few each. */
function plainText({ source, values, changes, issues }: Shown): string {
  const general = Object.entries(values).filter(([, value]) => !isSection(value) && !Array.isArray(value));
  const sections = mainSections
    .filter(([, path]) => isSection(at(values, path)))
    .map(([label, path]) => [label, wrap(pairs(at(values, path)))] as const);
  const edited = changes.map(({ path, was, now }) => `${path} ${told(was)} → ${told(now)}`);
  const serious = issues.filter(({ severity }) => severity !== "advice");
  const bundle = factsBundle(`Configuration ${source.name}`, [
    ["general", wrap(general.map(([key, value]) => pairs(value, key).join("")))],
    ...sections,
    ...(values.callbacks === undefined ? [] : [["callbacks", callbackText(values.callbacks)] as const]),
    ["edits", edited.length === 0 ? "none" : edited.join("\n")],
    ...(serious.length === 0
      ? []
      : [["findings", serious.map(({ path, hint }) => `${path}: ${hint}`).join("\n")] as const]),
  ]);
  return String(bundle["text/plain"]);
}

function told(value: unknown): string {
  return value === undefined ? "–" : shortValue(value, 40) || '""';
}

function counted(count: number, one: string, many = `${one}s`): string {
  return count === 0 ? "" : `${count} ${count === 1 ? one : many}`;
}

/** A tree of every value with its origin and meaning, edits and findings marked; terminals get the main sections. */
export function configBundle(shown: Shown): MimeBundle {
  const { source, changes, issues } = shown;
  const of = (severity: string): number => issues.filter((issue) => issue.severity === severity).length;
  const facts = [
    source.kind,
    counted(changes.length, "change") || "no changes",
    counted(of("error"), "error"),
    counted(of("warning"), "warning"),
  ];
  return treeBundle({
    title: `Configuration ${source.name}`,
    subtitle: facts.filter(Boolean).join(" · "),
    nodes: treeNodes(shown),
    footer: "● changed   ✗ error   ! warning   · advice: config.check()",
    plain: plainText(shown),
  });
}

/** path, was, now; paths that changed with an anchor are told below. */
export function changesBundle(changes: readonly ConfigChange[]): MimeBundle {
  if (changes.length === 0) return { "text/plain": "No differences." };
  const shared = changes.filter(({ also }) => also.length > 0);
  const table = tableBundle({
    title: changes.length === 1 ? "1 difference" : `${changes.length} differences`,
    columns: [{ key: "path" }, { key: "was", align: "left" }, { key: "now", align: "left" }],
    rows: changes.map(({ path, was, now }) => ({
      path,
      was: was === undefined ? undefined : shortValue(was),
      now: now === undefined ? undefined : shortValue(now),
    })),
    more: "config.diff().changes",
  });
  if (shared.length === 0) return table;
  const facts = shared.map(({ path, also }) => [path, also.join("\n")] as const);
  return joinBundles([table, factsBundle("Aliases repeat the same values at", facts)]);
}

export function makeDiff(changes: readonly ConfigChange[]): ConfigDiff {
  return { changes, [displayKey]: () => changesBundle(changes) };
}

/** What the edits of a cell changed, and the findings about it. */
export function editsBundle(changes: readonly ConfigChange[], issues: readonly Issue[]): MimeBundle {
  const words = "since it was opened: config.diff(); the whole: config in a cell of its own";
  if (changes.length === 0) return factsBundle("No value changed", [["more", words]]);
  const about = ({ path, severity }: Issue): boolean =>
    severity !== "advice" && changes.some((one) => `${one.path}.`.startsWith(`${path}.`));
  const found = issues.filter(about);
  return joinBundles([
    changesBundle(changes),
    ...(found.length > 0 ? [issuesBundle(found)] : []),
    factsBundle("Changed by this cell", [["more", words]]),
  ]);
}

/** Shows which key a misspelled path means, if one is near. */
export function noteMeant(path: string): undefined {
  const meant = meantPath(path);
  if (meant !== undefined) show({ "text/plain": `config.get: no key ${path}. Did you mean ${meant}?` });
}
