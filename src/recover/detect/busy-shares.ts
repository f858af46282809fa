import type { BarrierObservation } from "./observation.js";

/** How often the process of a rank was looked at since the looks began, and how often it was at work, not asleep. */
export interface BusyLooks {
  readonly rank: number;
  readonly looks: number;
  readonly busy: number;
}

/** The looks at all ranks at one moment. */
export interface BusyMoment {
  /** Milliseconds. */
  readonly time: number;
  /** Last global step. */
  readonly step: number;
  readonly ranks: readonly BusyLooks[];
  /** Names of the nodes by rank. */
  readonly nodes?: readonly string[];
}

/** Looks and steps that a share needs: fewer looks are noise, fewer steps may be one phase of a long step. */
const [leastLooks, leastSteps] = [16, 4];
/** Pauses between questions that a share covers. 60 looks leave a difference a standard deviation of 0.09 at most. */
const pauses = 3;
/** A difference of this share of the step time is clear. */
const clearShare = 0.25;

/**
 * Looks at processes → times before the collective. A rank that reaches the collective early sleeps in it until the
 * slowest one is there, so the share of the step in which a process is at work is the rank's own part of the step.
 */
export class BusyShares {
  /** The oldest one first. */
  #moments: BusyMoment[] = [];

  /** Forgets what was seen: ranks that save, evaluate, or start do not do the same work. */
  reset(): void {
    this.#moments = [];
  }

  /** The times over the last questions; undefined while there are too few looks or steps. */
  take(now: BusyMoment): BarrierObservation | undefined {
    const [from = now] = this.#moments;
    this.#moments.push(now);
    const steps = now.step - from.step;
    if (this.#moments.length <= pauses || steps < leastSteps) return undefined;
    const shares = sharesBetween(from, now);
    if (Object.keys(shares).length === 0) return undefined;
    this.#moments.shift();
    const stepMs = (now.time - from.time) / steps;
    return {
      ...{ kind: "barrier", time: now.time, step: now.step, shares },
      beforeMs: shares.map((share) => share * stepMs),
      withinMs: clearShare * stepMs,
      ...(now.nodes && { nodes: now.nodes }),
    };
  }
}

/** Share of the looks in which each rank was at work; ranks with few looks are holes. */
function sharesBetween(from: BusyMoment, now: BusyMoment): number[] {
  const before = new Map(from.ranks.map((each) => [each.rank, each]));
  const shares: number[] = [];
  for (const { rank, looks, busy } of now.ranks) {
    const earlier = before.get(rank);
    // A node program that started again counts from 0.
    const count = looks - (earlier?.looks ?? 0);
    if (earlier !== undefined && count >= leastLooks) shares[rank] = (busy - earlier.busy) / count;
  }
  return shares;
}
