import type { Issue } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import { kindOf } from "../read/kind.js";
import { issue, listed, otherCheckpoint } from "../read/points/finding.js";
import { type GlobalTensor, slicesOf } from "../read/tensor-index.js";
import type { TensorSeen } from "./agreement.js";

/** Optimizer moments of a weight that no file holds, and weights with only one of their two moments. */
export function momentsWithoutWeight(names: Iterable<string>): Issue[] {
  const all = new Set(names);
  const issues: Issue[] = [];
  for (const name of all) {
    const match = /^adam_([mv])\.(.+)$/.exec(name);
    if (!match) continue;
    const [, moment, weight = ""] = match;
    if (!all.has(weight)) {
      const message = `expected the weight ${weight} of this moment, found none`;
      issues.push(issue("error", "checkpoint-weight-missing", { path: name, message, hint: otherCheckpoint }));
    }
    const other = `adam_${moment === "m" ? "v" : "m"}.${weight}`;
    if (!all.has(other)) {
      const message = `expected both moments of ${weight}, found no ${other}: a resume would start it at zero`;
      issues.push(issue("warning", "checkpoint-optimizer-missing", { path: name, message, hint: otherCheckpoint }));
    }
  }
  return issues;
}

/**
 * True for what each rank computes for itself: counters, and the bias of a router (`router.expert_bias`), which
 * MindFormers moves by the load that the rank has seen (`update_topk_bias`). Replicas may differ in these alone.
 */
export function isOwnOfRank(name: string): boolean {
  return kindOf(name) === "state" || name.endsWith("expert_bias");
}

/** Files that hold the same slice of a tensor with other bytes. `checksums`: by path and tensor. */
export function replicasThatDiffer(
  index: ReadonlyMap<string, GlobalTensor>,
  checksums: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Issue[] {
  const issues: Issue[] = [];
  for (const tensor of index.values()) {
    if (!tensor.placed || tensor.parts.length < 2 || isOwnOfRank(tensor.name)) continue;
    for (const [first, ...others] of slicesOf(tensor)) {
      if (first === undefined) continue;
      const expected = checksums.get(first.file.path)?.get(tensor.name);
      const other = others.find((part) => checksums.get(part.file.path)?.get(tensor.name) !== expected);
      if (other === undefined) continue;
      const message = `rank ${other.file.rank} holds the same slice as rank ${first.file.rank} with other values`;
      issues.push(issue("error", "checkpoint-replicas-differ", { path: tensor.name, message, hint: otherCheckpoint }));
    }
  }
  return issues;
}

const named = 5;

/**
 * Tensors of the same shape that differ between ranks where nothing gives their places: one finding with the first of
 * them, because slices differ and replicas may not.
 */
export function differencesUnjudged(
  index: ReadonlyMap<string, GlobalTensor>,
  seen: ReadonlyMap<string, TensorSeen>,
  folder: string,
): Issue[] {
  const shared = [...seen].filter(([, { ranks }]) => ranks.length > 1);
  const isUnplaced = (name: string) => {
    const tensor = index.get(name);
    return tensor !== undefined && !tensor.placed && slicesOf(tensor).length === 1;
  };
  const differing = shared.filter(([name, { identical }]) => !identical && !isOwnOfRank(name) && isUnplaced(name));
  if (differing.length === 0) return [];
  const texts = differing.slice(0, named).map(([name, { look, ranks }]) => `${name} ${look} (${listed(ranks)})`);
  const rest = differing.length - texts.length;
  const message =
    `${formatCount(differing.length)} of ${formatCount(shared.length)} shared tensors ` +
    `${differing.length === 1 ? "differs" : "differ"} between ranks: ` +
    `${texts.join("; ")}${rest > 0 ? `; and ${formatCount(rest)} more` : ""}. ` +
    "Replicas (data parallelism) must be equal, slices differ. Nothing in the folder says which these are";
  const hint =
    `if the ranks are replicas: await openCheckpoints(${JSON.stringify(folder)}, { strategy: "replicas" }), ` +
    "then verify(); else pass the folder of the strategy files";
  return [issue("warning", "checkpoint-ranks-unjudged", { path: folder, message, hint })];
}
