import { formatDuration } from "../../core/units.js";
import type { Account } from "./account.js";

/** A change that would have cost less time, computed by replaying the recorded incidents. */
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

interface Replay {
  /** Lost, saving, and down. */
  readonly lostMs: number;
  readonly effective: number;
}

/** Work lost and time spent saving in `upMs` of uptime with a checkpoint after every `interval` of training. */
function uptimeCost(
  upMs: number,
  interval: number,
  saveMs: number,
): { readonly lost: number; readonly saving: number } {
  const saves = Math.floor(upMs / (interval + saveMs));
  return { lost: Math.min(upMs - saves * (interval + saveMs), interval + saveMs), saving: saves * saveMs };
}

/**
 * The incidents that happened, after the same uptime each, under other circumstances. With another interval the work
 * lost is the rest of the uptime after its last checkpoint. What a shorter run would have been spared is left out.
 */
export function replay(account: Account, what: WhatIf): Replay {
  const { totals, incidents } = account;
  const saveMs = Number.isFinite(account.saveMs) ? account.saveMs : 0;
  const up = totals.training + totals.saving + totals.lost;
  const most = (limit: number | undefined, value: number): number => Math.min(value, limit ?? Number.POSITIVE_INFINITY);
  let down = totals.starting + totals.compiling + totals.detecting + totals.resources;
  let lost = totals.lost;
  let saving = totals.saving;
  if (what.intervalMs !== undefined) {
    const interval = what.intervalMs;
    const costs = incidents.map(({ upMs }) => uptimeCost(upMs, interval, saveMs));
    const rest = up - incidents.reduce((sum, { upMs }) => sum + upMs, 0);
    lost = costs.reduce((sum, cost) => sum + cost.lost, 0);
    saving = costs.reduce((sum, cost) => sum + cost.saving, uptimeCost(rest, interval, saveMs).saving);
  }
  for (const { t1, t2, t4, waitedForNode } of incidents) {
    down -= t1 - most(what.detectMs, t1);
    if (waitedForNode) down -= t2 - most(what.resourcesMs, t2);
    down -= t4 - most(what.compileMs, t4);
  }
  return { lostMs: lost + saving + down, effective: (up - lost - saving) / (up + down) };
}

function compare(account: Account, devices: number, [change, what]: readonly [string, WhatIf]): Counterfactual {
  const now = replay(account, {});
  const then = replay(account, what);
  const savedMs = now.lostMs - then.lostMs;
  return { change, savedMs, deviceDays: (savedMs * devices) / 86_400_000, effective: then.effective };
}

/** What the run's own record suggests: the best interval, a spare, faster detection, a graph cache. The best first. */
export function counterfactuals(account: Account, devices: number): readonly Counterfactual[] {
  const { incidents, intervalMs, bestIntervalMs } = account;
  if (incidents.length === 0) return [];
  const cases: (readonly [string, WhatIf])[] = [];
  if (Number.isFinite(bestIntervalMs) && Number.isFinite(intervalMs)) {
    const [better, as] = [formatDuration(bestIntervalMs), formatDuration(intervalMs)];
    cases.push([`checkpoint every ${better} instead of ${as}`, { intervalMs: bestIntervalMs }]);
  }
  if (incidents.some(({ waitedForNode }) => waitedForNode))
    cases.push(["a spare ready at any time", { resourcesMs: 60_000 }]);
  if (incidents.some(({ t1 }) => t1 > 60_000)) cases.push(["every incident found within 1 min", { detectMs: 60_000 }]);
  if (incidents.some(({ t4 }) => t4 > 60_000))
    cases.push(["compiled graphs from a cache (1 min)", { compileMs: 60_000 }]);
  return cases.map((each) => compare(account, devices, each)).sort((a, b) => b.savedMs - a.savedMs);
}
