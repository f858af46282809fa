import type { Issue } from "../../core/error.js";
import { issue, otherCheckpoint } from "../read/points/finding.js";
import { type GlobalTensor, slicesOf } from "../read/tensor-index.js";

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
 * Files that hold the same slice of a tensor with other bytes. Buffers that each rank computes for itself
 * (`router.expert_bias`, counters) may differ; weights and moments may not. `checksums`: by path and tensor.
 */
export function replicasThatDiffer(
  index: ReadonlyMap<string, GlobalTensor>,
  checksums: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Issue[] {
  const issues: Issue[] = [];
  for (const tensor of index.values()) {
    if (!tensor.placed || tensor.parts.length < 2 || tensor.kind === "state") continue;
    if (tensor.name.endsWith("expert_bias")) continue;
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
