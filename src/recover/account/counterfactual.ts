import { formatDuration } from "../../core/units.js";
import type { Account } from "./account.js";

/** What would have been cheaper, worked out by replaying the incidents that happened. */
export interface Counterfactual {
  /** The change: "checkpoint every 3 min instead of 28 min". */
  readonly change: string;
  /** Milliseconds that it would have saved; negative if it would have cost more. */
  readonly savedMs: number;
  /** Device-days: saved time × devices. */
  readonly deviceDays: number;
  /** Effective-training-time ratio with it. */
  readonly effective: number;
}

export interface WhatIf {
  /** Training time between two checkpoints, milliseconds. */
  readonly intervalMs?: number;
  /** Time until an incident is found at most, milliseconds. */
  readonly detectMs?: number;
  /** A spare is always ready: waiting for nodes takes this long at most, milliseconds. */
  readonly resourcesMs?: number;
  /** Compiling takes this long at most (a graph cache), milliseconds. */
  readonly compileMs?: number;
}

/**
 * The same incidents at the same amounts of work, under other circumstances. Work lost to an incident is what was trained since the last
 * checkpoint: with another interval, the remainder of the training time up to it. Follow-up effects (fewer failures in a shorter run) are left
 * out.
 */
export function replay(account: Account, what: WhatIf): { readonly lostMs: number; readonly effective: number } {
  const { totals, incidents, saveMs } = account;
  const work = totals.training;
  const interval = what.intervalMs;
  let lost = interval === undefined ? totals.saving : Math.floor(work / interval) * (saveMs || 0);
  let done = 0;
  const share = incidents.length === 0 ? 0 : work / incidents.length;
  for (const incident of incidents) {
    done += share;
    const t0 = interval === undefined ? incident.t0 : workLost(incident, { interval, share: done, saveMs });
    const t1 = Math.min(incident.t1, what.detectMs ?? Number.POSITIVE_INFINITY);
    const t2 = incident.waitedForNode ? Math.min(incident.t2, what.resourcesMs ?? Number.POSITIVE_INFINITY) : incident.t2;
    const t4 = Math.min(incident.t4, what.compileMs ?? Number.POSITIVE_INFINITY);
    lost += t0 + t1 + t2 + incident.t3 + t4;
  }
  return { lostMs: lost, effective: work / (work + lost) };
}

/** Where an incident falls within an interval is chance: half an interval on average, never more than one. */
function workLost(
  incident: Account["incidents"][number],
  { interval, saveMs }: { readonly interval: number; readonly share: number; readonly saveMs: number },
): number {
  // A fault before the first step of an attempt loses nothing, whatever the interval.
  return incident.t0 === 0 ? 0 : Math.min(interval / 2 + (saveMs || 0) / 2, interval);
}

function compare(account: Account, devices: number, change: string, what: WhatIf): Counterfactual {
  const now = replay(account, {});
  const then = replay(account, what);
  const savedMs = now.lostMs - then.lostMs;
  return { change, savedMs, deviceDays: (savedMs * devices) / 86_400_000, effective: then.effective };
}

/** What the run's own record suggests: the best interval, a spare, faster detection, a graph cache. The best first. */
export function counterfactuals(account: Account, devices: number): readonly Counterfactual[] {
  const { incidents, intervalMs, bestIntervalMs } = account;
  if (incidents.length === 0) return [];
  const cases: Counterfactual[] = [];
  if (Number.isFinite(bestIntervalMs) && Number.isFinite(intervalMs)) {
    const [better, as] = [formatDuration(bestIntervalMs), formatDuration(intervalMs)];
    cases.push(compare(account, devices, `checkpoint every ${better} instead of ${as}`, { intervalMs: bestIntervalMs }));
  }
  if (incidents.some(({ waitedForNode }) => waitedForNode))
    cases.push(compare(account, devices, "a spare ready at any time", { resourcesMs: 60_000 }));
  if (incidents.some(({ t1 }) => t1 > 60_000))
    cases.push(compare(account, devices, "every incident found within 1 min", { detectMs: 60_000 }));
  if (incidents.some(({ t4 }) => t4 > 60_000))
    cases.push(compare(account, devices, "compiled graphs from a cache (1 min)", { compileMs: 60_000 }));
  return cases.sort((a, b) => b.savedMs - a.savedMs);
}
