import { basename } from "node:path";
import { requireArgument } from "../core/arguments.js";
import { requireOptions, suggestName } from "../core/options/option-names.js";
import { parseDuration } from "../core/units.js";
import { previewDeletion, type RunDeletion } from "./deletion.js";
import { listRuns, type OpenOptions } from "./open.js";
import type { Run } from "./run.js";

/** Options of `deleteRuns`; a run must meet all conditions. */
export interface DeleteOptions extends OpenOptions {
  /** Names of run folders to delete, as openRun takes them; `*` stands for any characters: `["test-*"]`. */
  readonly names?: readonly string[];
  /** Only runs that began longer ago: `"30d"`. */
  readonly olderThan?: string;
  /** Only runs that ended in these states: `["failed", "lost"]`. */
  readonly states?: readonly ("finished" | "stopped" | "failed" | "lost")[];
}

const ended = ["finished", "stopped", "failed", "lost"] as const;

function pattern(name: string): RegExp {
  const text = name.replace(/[.*+?^${}()|[\]\\]/g, (found) => (found === "*" ? ".*" : `\\${found}`));
  return new RegExp(`^${text}$`);
}

/** The work behind `deleteRuns` in `on-demand/run.ts`. */
export async function deleteRuns(options: DeleteOptions = {}): Promise<RunDeletion> {
  requireOptions(options, "deleteRuns", {
    names: ["names", "olderThan", "states", "folder"],
    example: 'await deleteRuns({ names: ["test-*"], olderThan: "7d" })',
  });
  const { names, olderThan, states, folder } = options;
  const isList = Array.isArray(states) && states.every((state) => (ended as readonly unknown[]).includes(state));
  requireArgument(states === undefined || isList, {
    ...{ call: "deleteRuns, states", expected: `a list of ${ended.join(", ")}`, found: states },
    example: 'deleteRuns({ states: ["failed", "lost"] })',
  });
  requireArgument(names === undefined || Array.isArray(names), {
    ...{ call: "deleteRuns, names", expected: "a list", found: names, example: 'deleteRuns({ names: ["test-*"] })' },
  });
  names?.forEach((name: unknown, index) => {
    requireArgument(typeof name === "string" && name.trim() !== "", {
      ...{ call: `deleteRuns, names[${index}]`, expected: "the name of a run, or a pattern with *", found: name },
      example: 'deleteRuns({ names: ["test-*"] })',
    });
  });
  const patterns = names?.map(pattern);
  const before = olderThan === undefined ? undefined : Date.now() - parseDuration(olderThan, "olderThan");
  const chosen: Run[] = [];
  if (patterns === undefined && before === undefined && states === undefined) return previewDeletion(chosen, false);
  const listed = await listRuns(folder === undefined ? {} : { folder });
  for (const run of listed) {
    const status = await run.status();
    const fits =
      (patterns?.some((each) => each.test(basename(run.folder))) ?? true) &&
      (before === undefined || status.startedAt < before) &&
      (states?.some((state) => state === status.state) ?? true);
    if (fits) chosen.push(run);
  }
  const existing = [...new Set(listed.map((run) => basename(run.folder)))];
  return previewDeletion(chosen, false, names && unmatchedText(names, existing));
}

/** Names and patterns that fit no run, with the names that there are. */
function unmatchedText(names: readonly string[], existing: readonly string[]): string {
  const none = names.filter((name) => !existing.some((one) => pattern(name).test(one)));
  if (none.length === 0) return "";
  const near = none.map((name) => suggestName(name, existing)).find((one) => one !== undefined);
  const found = existing.length === 0 ? "there are none" : `there are ${existing.slice(0, 20).join(", ")}`;
  const more = existing.length > 20 ? `, and ${existing.length - 20} more` : "";
  return `No run is named ${none.join(" or ")}; ${found}${more}.${near === undefined ? "" : ` Did you mean ${near}?`}`;
}
