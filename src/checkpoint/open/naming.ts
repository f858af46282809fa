import { basename } from "node:path";
import { CheckpointError } from "../../core/error.js";
import { suggestName } from "../../core/options/option-names.js";
import { formatCount } from "../../core/units.js";
import type { SavedPoint } from "../read/points/saved-point.js";

/** How messages and tables call a checkpoint: by its step, else by its one file or its folder. */
export function titleOf({ parts, folder }: SavedPoint, step: number): string {
  if (step >= 0) return `checkpoint of step ${formatCount(step)}`;
  const [first, ...more] = parts;
  return `checkpoint ${basename(first && more.length === 0 ? first.path : folder)}`;
}

/** The refusal of a name that no file has; `known`: the names that there are, `where`: the ranks that were asked. */
export function missingTensor(
  name: string,
  { title, where, known }: { readonly title: string; readonly where: string; readonly known: Iterable<string> },
): CheckpointError {
  const near = suggestName(name, known);
  const message = `${title}: expected a tensor ${JSON.stringify(name)} on ${where}, found none`;
  return new CheckpointError("CHECKPOINT_MISSING", message, {
    hint:
      near === undefined
        ? "await checkpoint.tensors() lists the names"
        : `await checkpoint.tensor(${JSON.stringify(near)}); await checkpoint.tensors() lists all names`,
  });
}
