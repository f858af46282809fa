import { describe, expect, it } from "vitest";
import { BusyShares } from "../../../src/recover/detect/busy-shares.js";
import { Detector } from "../../../src/recover/detect/detector.js";
import type { Finding } from "../../../src/recover/detect/finding.js";
import type { Observation } from "../../../src/recover/detect/observation.js";
import { seededRandom } from "../../support/random.js";

const askMs = 20_000;

/** Twenty looks every 20 s at ranks that are at work with these probabilities. */
function watched(
  asks: number,
  at: (rank: number, ask: number) => number,
  { ranks = 2, stepMs = 200, seed = 1, steady = (_: number): boolean => true } = {},
) {
  const random = seededRandom(seed);
  const shares = new BusyShares();
  const detector = new Detector(0);
  const counts = Array.from({ length: ranks }, (_, rank) => ({ rank, looks: 0, busy: 0 }));
  const seen: Observation[] = [];
  const findings: Finding[] = [];
  for (let ask = 0; ask < asks; ask += 1) {
    for (const count of counts)
      for (let look = 0; look < 20; look += 1) {
        count.looks += 1;
        if (random() < at(count.rank, ask)) count.busy += 1;
      }
    if (!steady(ask)) shares.reset();
    const time = ask * askMs;
    const step = Math.floor(time / stepMs);
    const found = shares.take({ time, step, ranks: counts.map((each) => ({ ...each })), nodes: ["node-a", "node-b"] });
    findings.push(...detector.observe({ kind: "step", time, step, loss: 5 + random(), stepTimeMs: stepMs }));
    if (found) findings.push(...detector.observe(found));
    if (found) seen.push(found);
  }
  return { seen, findings };
}

describe("the share of the time in which a rank is at work", () => {
  it("names the rank that never waits, with its node and both shares", () => {
    const { findings } = watched(12, (rank) => (rank === 1 ? 0.95 : 0.45));
    expect(findings).toMatchObject([{ kind: "slow-rank", rank: 1, node: "node-b" }]);
    expect(findings[0]?.summary).toMatch(
      /^rank 1 reaches the collective after (1|2)\d\d ms, the other rank after \d+ ms$/,
    );
    expect(findings[0]?.evidence.join("\n")).toMatch(/at work in (9\d|100) % of the time, the other rank in \d\d %/);
  });

  it("names a rank that is slower by little more than the limit, although single looks differ", () => {
    for (let seed = 1; seed <= 20; seed += 1)
      expect(watched(24, (rank) => (rank === 1 ? 0.9 : 0.5), { seed }).findings).toMatchObject([{ rank: 1 }]);
  });

  it("names one slow rank of many", () => {
    const { findings } = watched(30, (rank) => (rank === 41 ? 0.97 : 0.5), { ranks: 64 });
    expect(findings).toMatchObject([{ kind: "slow-rank", rank: 41 }]);
  });

  it("reports a rank that stays slow for hours once", () => {
    expect(watched(700, (rank) => (rank === 0 ? 0.95 : 0.4)).findings).toHaveLength(1);
  });

  it("reports a rank again that was as usual for a while", () => {
    const { findings } = watched(80, (rank, ask) => (rank === 0 && (ask < 20 || ask > 50) ? 0.95 : 0.4));
    expect(findings.map(({ rank }) => rank)).toEqual([0, 0]);
  });

  it.each([0.1, 0.3, 0.5, 0.8, 0.95])(
    "raises no alarm in a day of healthy ranks that are at work for %d of the time",
    (share) => {
      for (const seed of [1, 2, 3]) expect(watched(4320, () => share, { seed }).findings).toEqual([]);
      expect(watched(400, () => share, { ranks: 64 }).findings).toEqual([]);
    },
  );

  it("raises no alarm for a rank that is slow for two minutes only", () => {
    expect(watched(60, (rank, ask) => (rank === 1 && ask % 30 < 6 ? 1 : 0.4)).findings).toEqual([]);
  });

  it("raises no alarm for a rank that works more in a small part of the step", () => {
    expect(watched(2000, (rank) => (rank === 0 ? 0.15 : 0.05)).findings).toEqual([]);
  });

  it("waits for four steps: looks within one long step see one phase of it", () => {
    const { seen } = watched(24, () => 0.5, { stepMs: 60_000 });
    expect(seen.map(({ time }) => time / askMs)[0]).toBe(12);
  });

  it("measures nothing across a save, and nothing of a rank that was not looked at", () => {
    const { seen } = watched(9, () => 0.5, { steady: (ask) => ask !== 4 });
    expect(seen.map(({ time }) => time / askMs)).toEqual([3, 7, 8]);
    const shares = new BusyShares();
    const rank = (number: number, looks: number) => ({ rank: number, looks, busy: looks / 2 });
    for (const ask of [0, 1, 2]) {
      const looks = 100 + ask * 20;
      shares.take({ time: ask * askMs, step: ask * 100, ranks: [rank(0, looks), rank(1, looks)] });
    }
    // The node program of rank 1 started again.
    const found = shares.take({ time: 3 * askMs, step: 300, ranks: [rank(0, 160), rank(1, 4)] });
    expect(found?.beforeMs).toEqual([100]);
  });
});
