import type { Issue } from "../../core/error.js";
import type { TensorEntry } from "../../formats/tensor-entry.js";
import { kindOf } from "../read/kind.js";
import { issue, listed, otherCheckpoint } from "../read/points/finding.js";

/** One tensor name over all ranks. */
export interface TensorSeen {
  /** Type and shape on the first rank that holds it, and its checksum there. */
  readonly look: string;
  readonly checksum: number;
  readonly ranks: number[];
  identical: boolean;
}

/** Notes a tensor of a rank; returns a finding if its type or shape differs from the ranks before. */
export function noteTensor(
  seen: Map<string, TensorSeen>,
  rank: number,
  { entry, checksum }: { readonly entry: TensorEntry; readonly checksum: number },
): Issue[] {
  const look = `${entry.dtype} [${entry.shape.join(", ")}]`;
  const before = seen.get(entry.name);
  if (!before) {
    seen.set(entry.name, { look, checksum, ranks: [rank], identical: true });
    return [];
  }
  before.ranks.push(rank);
  if (before.checksum !== checksum) before.identical = false;
  if (before.look === look) return [];
  const message = `rank ${rank} holds ${look}, rank ${before.ranks[0]} holds ${before.look}`;
  return [issue("error", "checkpoint-ranks-differ", { path: entry.name, message, hint: otherCheckpoint })];
}

/**
 * Tensors that some ranks hold and others lack. Not a fault if redundant copies were removed, nor between pipeline
 * stages.
 */
export function missingOnRanks(seen: ReadonlyMap<string, TensorSeen>, ranks: readonly number[]): Issue[] {
  const issues: Issue[] = [];
  for (const [name, tensor] of seen) {
    if (tensor.ranks.length === ranks.length) continue;
    const have = new Set(tensor.ranks);
    const lacking = ranks.filter((rank) => !have.has(rank));
    const message = `held by ${listed(tensor.ranks)}, missing on ${listed(lacking)}`;
    const hint = "fine between pipeline stages; otherwise use another checkpoint";
    issues.push(issue("warning", "checkpoint-ranks-differ", { path: name, message, hint }));
  }
  return issues;
}

/** What a resume needs beside the weights. */
export function missingForResume(
  names: Iterable<string>,
  {
    folder,
    counted,
  }: { readonly folder: string /** A file beside the tensors has the step. */; readonly counted: boolean },
): Issue[] {
  const all = [...names];
  const issues: Issue[] = [];
  if (!counted && !all.some((name) => name === "step_num" || name === "global_step")) {
    const message = "expected the tensor step_num or global_step, found neither: a resume would start at step 0";
    issues.push(
      issue("warning", "checkpoint-step-missing", {
        path: folder,
        message,
        hint: "load it as initial weights instead",
      }),
    );
  }
  if (!all.some((name) => kindOf(name) === "optimizer")) {
    const message =
      "expected the optimizer's moments (adam_m.*, adam_v.*), found none: a resume would start them at zero";
    const hint = "resume from a file without -network or -trainable_params in its name";
    issues.push(issue("warning", "checkpoint-optimizer-missing", { path: folder, message, hint }));
  }
  return issues;
}
