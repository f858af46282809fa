import { shownValue } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import type { Finding, FindingKind } from "../detect/finding.js";
import type { Action } from "./action.js";

/**
 * Actions for a finding, by its kind or `kind/cause`; the more exact key wins. The list is a ladder: the first
 * action, then the next one if the same trouble returns at the same place. After the last action the run stops; for
 * external causes (kill, network, device) it repeats the last action, limited by `retries` alone.
 */
export type DecisionTable = Readonly<Record<string, readonly Action[]>>;

const kinds: readonly FindingKind[] = [
  "process-ended",
  "node-silent",
  "hang",
  "loss-not-finite",
  "loss-frozen",
  "loss-spike",
  "throughput-falling",
  "slow-rank",
  "checkpoint-failed",
  "checkpoint-late",
  "disk-filling",
  "device-error",
  "resume-diverged",
];

const actions: readonly Action[] = [
  "note",
  "restart",
  "replace-node",
  "go-back",
  "skip-data",
  "lower-learning-rate",
  "stop",
];

/** The default; `recovery.table` replaces single rows. */
export const decisionTable: DecisionTable = {
  // Causes that come back at every start.
  "process-ended/configuration": ["stop"],
  "process-ended/data": ["stop"],
  "process-ended/code": ["stop"],
  "process-ended/missing-file": ["stop"],
  "process-ended/version": ["stop"],
  "process-ended/disk-full": ["stop"],
  // Before the first step it cannot fit; later it is a peak (see `decide`).
  "process-ended/device-memory": ["restart"],
  "process-ended/numerics": ["go-back", "skip-data", "go-back", "lower-learning-rate"],
  "process-ended/device": ["replace-node"],
  "process-ended/network": ["restart", "replace-node"],
  // Causes from outside: they say nothing about the next start.
  "process-ended/killed": ["restart"],
  "process-ended/preempted": ["restart"],
  "process-ended/port": ["restart"],
  "process-ended/storage": ["restart"],
  "process-ended": ["restart"],
  "node-silent": ["replace-node"],
  // The third may be three faults in a row, or a checkpoint that can't be loaded.
  hang: ["restart", "replace-node", "go-back"],
  // The second way back may pass over damage that is older than the first one thought.
  "loss-not-finite": ["go-back", "skip-data", "go-back", "lower-learning-rate"],
  "loss-spike": ["skip-data", "lower-learning-rate"],
  "loss-frozen": ["stop"],
  "throughput-falling": ["note"],
  "slow-rank": ["note"],
  "checkpoint-failed": ["note"],
  "checkpoint-late": ["restart", "replace-node"],
  "disk-filling": ["note"],
  "device-error": ["replace-node"],
  "resume-diverged": ["stop"],
};

/** The row that holds for a finding. */
export function ladderFor(table: DecisionTable, finding: Pick<Finding, "kind" | "cause">): readonly Action[] {
  return table[`${finding.kind}/${finding.cause}`] ?? table[finding.kind] ?? ["stop"];
}

/** The default table with the user's rows. @throws ARGUMENT_INVALID for an unknown finding or action. */
export function mergeTable(rows: DecisionTable | undefined): DecisionTable {
  const refuse = (expected: string, found: string) =>
    new LabError("ARGUMENT_INVALID", `recovery.table: expected ${expected}, found ${found}`, {
      hint: 'recovery: { table: { "loss-spike": ["skip-data", "stop"] } }',
    });
  for (const [key, ladder] of Object.entries(rows ?? {})) {
    const kind = key.split("/")[0] ?? "";
    if (!kinds.some((each) => each === kind)) throw refuse(`one of ${kinds.join(", ")}`, shownValue(key));
    if (!Array.isArray(ladder)) throw refuse(`a list of actions for ${key}`, shownValue(ladder));
    if (ladder.length === 0) throw refuse(`at least one action for ${key}, such as "note" or "stop"`, "an empty list");
    const odd = ladder.find((action) => !actions.includes(action));
    if (odd !== undefined) throw refuse(`actions among ${actions.join(", ")}`, shownValue(odd));
  }
  return { ...decisionTable, ...rows };
}
