import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { factsBundle, joinBundles } from "../view/sections.js";
import { tableBundle } from "../view/table.js";
import type { ConfigChange, ConfigDiff } from "./diff.js";
import { shortValue } from "./short-value.js";
import { isSection } from "./yaml-values.js";

interface Shown {
  readonly source: { readonly kind: string; readonly name: string };
  toJS(): Readonly<Record<string, unknown>>;
  diff(): ConfigDiff;
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

/** The main sections, one line or few each, and the number of edits. */
export function configBundle(config: Shown): MimeBundle {
  const values = config.toJS();
  const general = Object.entries(values).filter(([, value]) => !isSection(value) && !Array.isArray(value));
  const sections = mainSections
    .filter(([, path]) => isSection(at(values, path)))
    .map(([label, path]) => [label, wrap(pairs(at(values, path)))] as const);
  const { changes } = config.diff();
  const edits = changes.length === 0 ? "none" : `${changes.length} (see diff())`;
  return factsBundle(`Configuration ${config.source.name}`, [
    ["general", wrap(general.map(([key, value]) => pairs(value, key).join("")))],
    ...sections,
    ...(values.callbacks === undefined ? [] : [["callbacks", callbackText(values.callbacks)] as const]),
    ["edits", edits],
  ]);
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
  return joinBundles([table, factsBundle("The same values stand, through aliases, at", facts)]);
}

export function makeDiff(changes: readonly ConfigChange[]): ConfigDiff {
  return { changes, [displayKey]: () => changesBundle(changes) };
}
