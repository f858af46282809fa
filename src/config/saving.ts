import { requireObject } from "../core/arguments.js";
import type { FixStep } from "../core/error.js";
import { requireKnownNames } from "../core/options/option-names.js";
import { refuseEdit } from "./text/edit.js";

/** What a training saves; missing options keep the current setting. */
export interface SavingOptions {
  /** Steps between two checkpoints, or `"end"`: only the checkpoint that MindFormers always writes at the end. */
  readonly every?: number | "end";
  /** How many checkpoints stay; MindFormers removes the oldest. */
  readonly keep?: number;
  /**
   * `"ranks"`: a folder for each rank. `"iteration"`: MindFormers 1.9's folder for each point, which loads on another
   * mesh without a conversion. The same words as `Checkpoint.layout`.
   */
  readonly layout?: "ranks" | "iteration";
  /** `"wait"`: training pauses while it saves; `"background"`: a thread saves while training continues. */
  readonly write?: "wait" | "background";
  /**
   * `"all"`: weights and optimizer state. `"weights"`: weights alone, from which training can't resume (layout
   * `"iteration"`). `"both"`: all, and the weights again in a folder `checkpoint_network` (layout `"ranks"`).
   */
  readonly content?: "all" | "weights" | "both";
  /** Of ranks with the same values, `"all"` write them, or only `"one"`. */
  readonly copies?: "all" | "one";
  /** Prefix of the file names; must not contain "rank". */
  readonly prefix?: string;
}

type Get = (path: string) => unknown;

/** A number of steps that no training reaches. */
const never = 1_000_000_000;

/** Names of the same setting in the callback CheckpointMonitor and in the section `checkpoint`, which wins. */
const names = {
  every: ["save_checkpoint_steps", "save_interleaved_steps"],
  keep: ["keep_checkpoint_max", "save_max"],
  write: ["async_save", "async_save"],
  optimizer: ["save_optimizer", "no_save_optim"],
  copies: ["remove_redundancy", "save_remove_redundancy"],
  prefix: ["prefix", "prefix"],
} as const;
type Name = keyof typeof names;

const choices = {
  layout: ["ranks", "iteration"],
  write: ["wait", "background"],
  content: ["all", "weights", "both"],
  copies: ["all", "one"],
} as const;

function requireValid(options: SavingOptions): void {
  const example = "config.saving({ every: 500 })";
  requireObject(options, "config.saving, options", example);
  const refuse = (name: string, expected: string, found: unknown) => {
    const reason = `expected ${expected}, found ${JSON.stringify(found)}`;
    return refuseEdit(`saving(${name})`, reason, example);
  };
  requireKnownNames(options, "config.saving", ["every", "keep", "prefix", ...Object.keys(choices)]);
  const { every, keep, prefix } = options;
  const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;
  if (every !== undefined && every !== "end" && !isCount(every)) throw refuse("every", 'steps, or "end"', every);
  if (keep !== undefined && !isCount(keep)) throw refuse("keep", "a number of checkpoints from 1", keep);
  if (prefix !== undefined && !/^(?!.*rank)[^/]+$/.test(prefix))
    throw refuse("prefix", 'a name without "/" and without "rank"', prefix);
  for (const [name, allowed] of Object.entries(choices)) {
    const value = options[name as keyof typeof choices];
    if (value !== undefined && !(allowed as readonly string[]).includes(value))
      throw refuse(name, allowed.map((choice) => JSON.stringify(choice)).join(" or "), value);
  }
}

/** The path of CheckpointMonitor, and the edits that add one to the callbacks if there is none. */
function monitorOf(get: Get): { readonly path: string; readonly edits: FixStep[] } {
  const callbacks = get("callbacks");
  const list = Array.isArray(callbacks) ? (callbacks as ({ readonly type?: unknown } | null)[]) : [];
  const index = list.findIndex((callback) => callback?.type === "CheckpointMonitor");
  if (index >= 0) return { path: `callbacks.${index}`, edits: [] };
  const monitor = { type: "CheckpointMonitor", integrated_save: false, checkpoint_format: "safetensors" };
  const edit: FixStep =
    list.length === 0
      ? { kind: "set", path: "callbacks", value: [monitor] }
      : { kind: "set", path: `callbacks.${list.length}`, value: monitor };
  return { path: `callbacks.${list.length}`, edits: [edit] };
}

/**
 * The edits that make a training save like this, by MindFormers' own keys: those of the section `checkpoint` if it is
 * written, because it wins, else those of the callback CheckpointMonitor.
 * @throws CONFIG_EDIT_REFUSED for what MindFormers can't save.
 */
export function savingEdits(get: Get, options: SavingOptions): FixStep[] {
  requireValid(options);
  const section = get("checkpoint");
  const hasSection = typeof section === "object" && section !== null && Object.keys(section).length > 0;
  const now = hasSection || get("use_legacy_format") === false ? "iteration" : "ranks";
  const { layout = now, content } = options;
  if (layout === "ranks" && content === "weights")
    throw refuseEdit(
      "saving(content)",
      'layout "ranks" always holds the optimizer state, so "weights" is impossible',
      'config.saving({ content: "weights", layout: "iteration" }), or content: "both"',
    );
  if (layout === "iteration" && content === "both")
    throw refuseEdit(
      "saving(content)",
      'layout "iteration" keeps weights and optimizer state in files of their own, so "both" means nothing',
      'config.saving({ content: "all" })',
    );
  const { path, edits } = monitorOf(get);
  const inSection = hasSection && layout === "iteration";
  const put = (name: Name, value: unknown) => {
    const [inMonitor, inCheckpoint] = names[name];
    if (!inSection) edits.push({ kind: "set", path: `${path}.${inMonitor}`, value });
    else
      edits.push({
        kind: "set",
        path: `checkpoint.${inCheckpoint}`,
        value: name === "optimizer" ? !value : value,
      });
  };
  if (hasSection && layout === "ranks") edits.push(...withoutSection(section as Record<string, unknown>, path));
  if (!hasSection && layout !== now) edits.push({ kind: "set", path: "use_legacy_format", value: layout === "ranks" });
  if (options.every !== undefined) put("every", options.every === "end" ? never : options.every);
  if (options.keep !== undefined) put("keep", options.keep);
  if (options.write !== undefined) put("write", options.write === "background");
  if (options.copies !== undefined) put("copies", options.copies === "one");
  if (options.prefix !== undefined) put("prefix", options.prefix);
  if (content !== undefined && layout === "iteration") put("optimizer", content === "all");
  const both = get(`${path}.save_network_params`) === true;
  if (layout === "ranks" && content !== undefined && both !== (content === "both"))
    edits.push({ kind: "set", path: `${path}.save_network_params`, value: content === "both" });
  return edits;
}

/** The section's values move to the callback, because the section alone chooses the layout of 1.9. */
function withoutSection(section: Readonly<Record<string, unknown>>, monitor: string): FixStep[] {
  const moved = Object.entries(names).flatMap(([name, [inMonitor, inCheckpoint]]): FixStep[] => {
    const value = section[inCheckpoint];
    if (value === undefined || value === null || name === "optimizer") return [];
    return [{ kind: "set", path: `${monitor}.${inMonitor}`, value }];
  });
  const load = section.load_path;
  if (typeof load === "string" && load !== "") moved.push({ kind: "set", path: "load_checkpoint", value: load });
  return [...moved, { kind: "unset", path: "checkpoint" }, { kind: "set", path: "use_legacy_format", value: true }];
}
