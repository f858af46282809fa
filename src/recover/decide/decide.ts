import { external } from "../detect/causes.js";
import { type Finding, findingKey } from "../detect/finding.js";
import { type Action, type Decision, type PastDecision, startsAgain } from "./action.js";
import type { RecoveryPolicy } from "./policy.js";
import { ladderFor } from "./table.js";

/** What happened in this run before the finding. */
export interface DecisionHistory {
  /** In the order of time. */
  readonly past: readonly PastDecision[];
  /** Engine starts since the newest complete checkpoint was saved, the first start not counted. */
  readonly restartsWithoutProgress: number;
  /** Engine starts of the whole run, the first not counted. */
  readonly restarts: number;
  /** Spares that are left. */
  readonly spares: readonly string[];
  /** First global step of the attempt in which the finding was made; the step before it came from a checkpoint. */
  readonly firstStep: number;
  /** Step of the checkpoint that this attempt went on from; undefined or 0 if it began from the start. */
  readonly resumedFrom?: number | undefined;
}

/** Trouble within so many steps of earlier trouble is at the same place. */
const samePlaceSteps = 2;

/** How often the same trouble came at this place before, counted back from the newest. */
export function timesBefore(finding: Finding, past: readonly PastDecision[]): number {
  const key = findingKey(finding);
  const acted = past.filter(({ action }) => startsAgain(action));
  let count = 0;
  for (const { finding: other } of acted.reverse()) {
    if (findingKey(other) !== key || Math.abs(other.step - finding.step) > samePlaceSteps) break;
    count += 1;
  }
  return count;
}

function stop(finding: Finding, reason: string): Decision {
  return { action: "stop", finding, reason, delayMs: 0 };
}

/** The limits that hold whatever the table says. */
function overBudget(policy: RecoveryPolicy, history: DecisionHistory): string | undefined {
  if (history.restartsWithoutProgress >= policy.retries) {
    const times = `${policy.retries} ${policy.retries === 1 ? "restart" : "restarts"}`;
    return policy.retries === 0
      ? "recovery.retries is 0: the engine is not started again"
      : `${times} since the newest checkpoint (recovery.retries): the run makes no progress`;
  }
  if (history.restarts >= policy.restarts) return `${policy.restarts} restarts in all (recovery.restarts)`;
  return undefined;
}

/** What to do about a finding. Pure: the table, the policy and the history decide, nothing else. */
export function decide(finding: Finding, history: DecisionHistory, policy: RecoveryPolicy): Decision {
  const ladder = ladderFor(policy.table, finding);
  const before = timesBefore(finding, history.past);
  const repeats = external.has(finding.cause) && finding.kind !== "checkpoint-failed";
  const action = ladder[repeats ? Math.min(before, ladder.length - 1) : before] ?? "stop";
  if (action === "note") return { action, finding, reason: "recorded; training continues", delayMs: 0 };
  if (finding.cause === "device-memory" && finding.step < history.firstStep)
    return stop(finding, "the model does not fit: memory ran out before the first step, and would again");
  if (ladder[0] === "stop") return stop(finding, `${finding.cause}: a restart can't fix it`);
  if (action === "stop")
    return stop(
      finding,
      before > 0
        ? `the same trouble at step ${finding.step} for the ${ordinal(before + 1)} time: no progress`
        : "the recovery table says stop",
    );
  const budget = overBudget(policy, history);
  return budget === undefined ? act(action, finding, { history, policy, before }) : stop(finding, budget);
}

interface Circumstances {
  readonly history: DecisionHistory;
  readonly policy: RecoveryPolicy;
  readonly before: number;
}

function act(action: Action, finding: Finding, { history, policy, before }: Circumstances): Decision {
  const { firstMs, mostMs } = policy.backoff;
  const delayMs = Math.min(mostMs, firstMs * 2 ** history.restartsWithoutProgress);
  const bad = badStep(finding);
  // Trouble that came back may sit in the checkpoint itself: each try goes back twice as far.
  const { resumedFrom } = history;
  const back = before > 0 && resumedFrom ? 2 * Math.max(1, bad - resumedFrom) : 1;
  const start = { finding, delayMs };
  const earlier = { ...start, notAfterStep: bad - back, beforeStep: isAboutLoss(finding) ? bad : bad + 1 };
  switch (action) {
    case "replace-node":
      return replaceNode(finding, history, delayMs);
    case "go-back":
      return { ...earlier, action, reason: `back to a checkpoint before step ${bad}` };
    case "skip-data": {
      // The batches that were seen to be bad are left out in any case.
      const skip = { fromStep: bad, batches: Math.max(policy.skipBatches, finding.step - bad + 1) };
      const reason =
        `back to a checkpoint before step ${bad}, ` +
        `and continue without the batches of steps ${bad} to ${bad + skip.batches - 1}`;
      return { ...earlier, action, skip, reason };
    }
    case "lower-learning-rate": {
      const factor = policy.learningRateFactor;
      const reason = `back to a checkpoint before step ${bad}, and continue with ${factor} of the learning rate`;
      return { ...earlier, action, learningRateFactor: factor, reason };
    }
    default: {
      const times = before > 0 ? `, the ${ordinal(before + 1)} time at this step` : "";
      return { ...start, action: "restart", reason: `from the newest good checkpoint${times}` };
    }
  }
}

/**
 * First step that was bad. Findings about the loss come some steps after it began; their evidence is one line a step.
 */
function badStep(finding: Finding): number {
  return Math.max(1, finding.step - (isAboutLoss(finding) ? Math.max(0, finding.evidence.length - 1) : 0));
}

function isAboutLoss({ kind }: Finding): boolean {
  return kind === "loss-spike" || kind === "loss-not-finite";
}

function replaceNode(finding: Finding, history: DecisionHistory, delayMs: number): Decision {
  const { node } = finding;
  if (node === undefined)
    return { action: "restart", finding, delayMs, reason: "from the newest good checkpoint; no node is to blame" };
  const [spare] = history.spares;
  const reason =
    spare === undefined
      ? `${node} is dropped; with no spare, the run waits until it is healthy`
      : `spare ${spare} takes the place of ${node}`;
  return { action: "replace-node", finding, delayMs, dropNode: node, reason, ...(spare !== undefined && { spare }) };
}

function ordinal(count: number): string {
  return count === 2 ? "second" : count === 3 ? "third" : `${count}th`;
}
