import type { Finding } from "./finding.js";
import type { BarrierObservation } from "./observation.js";
import { median } from "./rolling.js";

type BarrierFinding = Omit<Finding, "time" | "step">;

/** A rank has to be slow in so many observations in a row, and as usual in as many before it is reported again. */
const inARow = 8;
const smallestSlowMs = 5;

interface Slow {
  readonly rank: number;
  readonly ms: number;
  readonly usual: number;
}

/**
 * Finds the rank that keeps the others waiting. Step times are equal on all ranks; times before a collective are not.
 */
export class BarrierWatch {
  readonly #slowRank: number;
  /** Observations in a row in which a rank was slow. */
  #slow = new Map<number, number>();
  /** Reported ranks, with the observations since they were slow. */
  readonly #reported = new Map<number, number>();

  /** `slowRank`: the largest ratio to the median rank that is not slow. */
  constructor(slowRank: number) {
    this.#slowRank = slowRank;
  }

  /** The rank that reaches the collective last, again and again. */
  take(barrier: BarrierObservation): BarrierFinding | undefined {
    const slow = this.#slowRanks(barrier);
    this.#slow = new Map(slow.map(({ rank }) => [rank, (this.#slow.get(rank) ?? 0) + 1]));
    for (const [rank, calm] of this.#reported) {
      if (this.#slow.has(rank)) this.#reported.set(rank, 0);
      else if (calm + 1 < inARow) this.#reported.set(rank, calm + 1);
      else this.#reported.delete(rank);
    }
    const found = slow
      .filter(({ rank }) => (this.#slow.get(rank) ?? 0) >= inARow && !this.#reported.has(rank))
      .sort((a, b) => b.ms - a.ms)[0];
    if (found === undefined) return undefined;
    this.#reported.set(found.rank, 0);
    return describe(found, barrier);
  }

  #slowRanks({ beforeMs, withinMs = 0 }: BarrierObservation): Slow[] {
    // Ranks that were not measured are holes.
    const measured = beforeMs.filter(Number.isFinite);
    // The median of two would be half the slow one's own time.
    const usual = measured.length === 2 ? Math.min(...measured) : median(measured);
    const limit = Math.max(usual * this.#slowRank, usual + Math.max(smallestSlowMs, withinMs));
    const found: Slow[] = [];
    beforeMs.forEach((ms, rank) => {
      if (ms > limit) found.push({ rank, ms, usual });
    });
    return found;
  }
}

function describe({ rank, ms, usual }: Slow, barrier: BarrierObservation): BarrierFinding {
  const { shares, nodes, step, time } = barrier;
  const node = nodes?.[rank];
  const measured = barrier.beforeMs.filter(Number.isFinite).length;
  const others = measured === 2 ? "the other rank" : "the median rank";
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const other = percent(median(shares?.filter((_, each) => each !== rank) ?? []));
  const share = shares?.[rank];
  const atWork =
    share === undefined ? [] : [`its process was at work in ${percent(share)} of the time, ${others} in ${other}`];
  return {
    kind: "slow-rank",
    cause: "device",
    rank,
    ...(node !== undefined && { node }),
    since: time,
    summary: `rank ${rank} reaches the collective after ${ms.toFixed(0)} ms, ${others} after ${usual.toFixed(0)} ms`,
    evidence: [`in ${inARow} observations in a row up to step ${step}`, ...atWork],
  };
}
