import type { Finding } from "./finding.js";
import type { DetectionLimits } from "./limits.js";
import type { DiskObservation, StepObservation } from "./observation.js";
import { Rolling } from "./rolling.js";

type PaceFinding = Pick<Finding, "kind" | "cause" | "since" | "summary" | "evidence">;

/** Steps of the short window that is held against the long memory. */
const recentSteps = 16;
const hour = 3_600_000;

/** How far the future of a disk is told from its past: so many times as far as it was seen. */
const mostForesight = 20;

/** Watches how fast the steps are, and how fast the disk fills. */
export class PaceWatch {
  readonly #limits: DetectionLimits;
  readonly #recent = new Rolling(recentSteps);
  readonly #disks = new Map<string, DiskObservation[]>();
  #best = Number.POSITIVE_INFINITY;

  constructor(limits: DetectionLimits) {
    this.#limits = limits;
  }

  /** Median step time of the last steps in milliseconds; NaN before the first. */
  get stepMs(): number {
    return this.#recent.median();
  }

  /** True if the recent steps take longer than the best window, by the limit's factor. */
  step(step: StepObservation): PaceFinding | undefined {
    this.#recent.add(step.stepTimeMs);
    if (!this.#recent.full) return undefined;
    const now = this.stepMs;
    const { slowdown } = this.#limits;
    this.#best = Math.min(this.#best, now);
    if (now <= slowdown * this.#best) return undefined;
    const summary =
      `median step time ${now.toFixed(0)} ms over ${recentSteps} steps, ` +
      `expected at most ${slowdown} × ${this.#best.toFixed(0)} ms`;
    return {
      kind: "throughput-falling",
      cause: "unknown",
      since: step.time - recentSteps * now,
      summary,
      evidence: [],
    };
  }

  /** A disk that will be full within the limit, by the line through the observations of the last six hours. */
  disk(disk: DiskObservation): PaceFinding | undefined {
    const key = disk.node ?? "";
    const seen = [...(this.#disks.get(key) ?? []), disk].filter(({ time }) => time >= disk.time - 6 * hour).slice(-360);
    this.#disks.set(key, seen);
    const hours = hoursUntilFull(seen);
    if (hours === undefined || hours * hour > this.#limits.diskFullWithinMs) return undefined;
    // A minute says nothing about the hours to come.
    if (hours * hour > mostForesight * (disk.time - (seen[0]?.time ?? disk.time))) return undefined;
    const where = disk.node === undefined ? "the disk" : `the disk of ${disk.node}`;
    return {
      kind: "disk-filling",
      cause: "disk-full",
      since: disk.time,
      summary: `${where} is full in ${hours.toFixed(1)} h at the rate of the last ${seen.length} checks`,
      evidence: [`free bytes: ${seen[0]?.freeBytes} → ${disk.freeBytes}`],
    };
  }
}

/**
 * Hours until nothing is free, by least squares; undefined while the space does not shrink or is seen for less than a
 * minute.
 */
export function hoursUntilFull(seen: readonly DiskObservation[]): number | undefined {
  const first = seen[0];
  const last = seen.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (last.freeBytes <= 0) return 0;
  if (seen.length < 3 || last.time - first.time < 60_000) return undefined;
  const meanTime = seen.reduce((sum, { time }) => sum + time, 0) / seen.length;
  const meanFree = seen.reduce((sum, { freeBytes }) => sum + freeBytes, 0) / seen.length;
  let above = 0;
  let below = 0;
  for (const { time, freeBytes } of seen) {
    above += (time - meanTime) * (freeBytes - meanFree);
    below += (time - meanTime) ** 2;
  }
  const slope = above / below;
  return slope < 0 ? last.freeBytes / -slope / hour : undefined;
}
