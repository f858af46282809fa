import type { Issue } from "../../../core/error.js";
import type { SavedPoint } from "./saved-point.js";

export const otherCheckpoint = "use another checkpoint: (await openCheckpoints(folder)).all lists them";

/** What helps against damage: another checkpoint of the training, or another copy of a model of its own. */
export function remedyOf({ layout }: Pick<SavedPoint, "layout">): string {
  return layout === "ranks" || layout === "iteration" ? otherCheckpoint : "copy the file again from its source";
}

/**
 * Text of rank numbers: `rank 0`, `ranks 0, 1, 2`; from nine on the first ones and their count. `count`: how many there
 * are, if `ranks` are only the first ones.
 */
export function listed(ranks: readonly number[], count = ranks.length): string {
  if (count === 1) return `rank ${ranks[0]}`;
  if (count <= 8) return `ranks ${ranks.join(", ")}`;
  return `${count} ranks (${ranks.slice(0, 6).join(", ")}, …)`;
}

/** A finding about a checkpoint; `path` is the tensor, file, or folder. */
export function issue(
  severity: Issue["severity"],
  rule: string,
  text: { readonly path: string; readonly message: string; readonly hint: string },
): Issue {
  return { severity, rule, ...text };
}
