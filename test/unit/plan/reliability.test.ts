import { describe, expect, test } from "vitest";
import {
  bestInterval,
  effectiveRatio,
  meanTimeBetweenFailures,
  publishedFailureRates,
  reliabilityOf,
} from "../../../src/plan/estimate/reliability.js";

const hour = 3_600_000;
const minute = 60_000;

/** A small generator with a seed, so that the simulation gives the same numbers every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Plays a training: segments of work and a save, failures at random times, after each a new start that may fail again.
 */
function played(
  times: { intervalMs: number; saveMs: number; restartMs: number; mtbfMs: number },
  segments: number,
): number {
  const next = random(7);
  const failure = () => -times.mtbfMs * Math.log(1 - next());
  let [clock, left] = [0, failure()];
  const survive = (span: number): boolean => {
    clock += Math.min(span, left);
    if (left >= span) {
      left -= span;
      return true;
    }
    left = failure();
    return false;
  };
  for (let segment = 0; segment < segments; segment++) {
    let span = times.intervalMs + times.saveMs;
    while (!survive(span)) span = times.restartMs + times.intervalMs + times.saveMs;
  }
  return (segments * times.intervalMs) / clock;
}

describe("failure rates", () => {
  test("Llama 3's 419 failures in 54 days are one in 3.1 hours on 16,384 devices", () => {
    expect(meanTimeBetweenFailures(16_384, "llama-3").mtbfMs / hour).toBeCloseTo((54 * 24) / 419, 9);
  });

  test("RSC-1's rate gives the 1.8 hours that its paper projects for 16,384 devices", () => {
    expect(meanTimeBetweenFailures(16_384, "rsc-1").mtbfMs / hour).toBeCloseTo(1.8, 1);
  });

  test("half the devices fail half as often; an own rate is taken; another is refused", () => {
    const all = meanTimeBetweenFailures(1024, "llama-3").mtbfMs;
    expect(meanTimeBetweenFailures(512, "llama-3").mtbfMs).toBe(2 * all);
    expect(meanTimeBetweenFailures(80, { nodeDaysPerFailure: 30 }).mtbfMs).toBe(3 * 24 * hour);
    expect(() => meanTimeBetweenFailures(8, "gpt" as never)).toThrow(/expected llama-3, rsc-1/);
    expect(() => meanTimeBetweenFailures(8, { nodeDaysPerFailure: 0 })).toThrow(/found \{"nodeDaysPerFailure":0\}/);
    for (const { source } of Object.values(publishedFailureRates)) expect(source).toMatch(/arXiv/);
  });
});

describe("the best interval", () => {
  test("is near Young's √(2δM) for short saves and M for very long ones", () => {
    expect(bestInterval(minute, 1000 * hour) / Math.sqrt(2 * minute * 1000 * hour)).toBeCloseTo(1, 2);
    expect(bestInterval(3 * hour, hour)).toBe(hour);
  });

  test.each([0.2, 1, 5, 20])(
    "no other interval has a better ratio (save of %f minutes, failure every 3 hours)",
    (minutes) => {
      const times = { saveMs: minutes * minute, restartMs: 10 * minute, mtbfMs: 3 * hour };
      const best = bestInterval(times.saveMs, times.mtbfMs);
      const ratio = effectiveRatio({ ...times, intervalMs: best });
      for (let factor = 0.1; factor < 8; factor *= 1.05)
        expect(effectiveRatio({ ...times, intervalMs: best * factor })).toBeLessThan(ratio + 2e-4);
    },
  );
});

test("the ratio is what playing 200,000 segments with random failures gives", () => {
  for (const times of [
    { intervalMs: 30 * minute, saveMs: 2 * minute, restartMs: 10 * minute, mtbfMs: 3 * hour },
    { intervalMs: 2 * hour, saveMs: 5 * minute, restartMs: 20 * minute, mtbfMs: 4 * hour },
  ])
    expect(played(times, 200_000)).toBeCloseTo(effectiveRatio(times), 2);
});

describe("a whole run", () => {
  const run = {
    devices: 16_384,
    rate: "llama-3" as const,
    workMs: 54 * 24 * hour,
    saveMs: minute,
    restartMs: 10 * minute,
  };

  test("on Llama 3's cluster, saves of a minute and new starts of 10: 85 % effective with a checkpoint every 20 minutes", () => {
    const result = reliabilityOf({ ...run, intervalMs: 20 * minute });
    expect(result.ratio).toBeCloseTo(0.852, 3);
    expect(result.bestRatio).toBeGreaterThanOrEqual(result.ratio);
    expect(result.failures).toBeCloseTo(result.expectedMs / result.mtbfMs, 9);
  });

  test("without checkpoints a long run never ends; one that is shorter than its first interval saves nothing", () => {
    expect(reliabilityOf({ ...run, intervalMs: Number.POSITIVE_INFINITY }).ratio).toBeLessThan(1e-9);
    const short = reliabilityOf({ ...run, devices: 8, workMs: hour, intervalMs: Number.POSITIVE_INFINITY });
    expect(short.ratio).toBeGreaterThan(0.99);
    expect(short.bestIntervalMs).toBeLessThanOrEqual(hour);
  });
});
