import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FaultKind, SimulateOptions } from "../../../src/plan/command/simulate.js";
import { accountOf } from "../../../src/recover/account/account.js";
import { Incidents } from "../../../src/recover/account/incidents.js";
import { type RecoveryOptions, recoveryPolicy } from "../../../src/recover/decide/policy.js";
import { faultKinds } from "../../../src/recover/simulate/fault-table.js";
import { EventQueue } from "../../../src/recover/simulate/queue.js";
import { Simulation } from "../../../src/recover/simulate/simulation.js";
import { type SimulatedTraining, simulationSpec } from "../../../src/recover/simulate/spec.js";
import { displayKey } from "../../../src/view/display-contract.js";

const hour = 3_600_000;
const training: SimulatedTraining = { totalSteps: 2000, stepMs: 10_000, checkpointEverySteps: 50 };

function simulation(
  options: Partial<SimulateOptions>,
  more: Partial<SimulatedTraining> = {},
  recovery: RecoveryOptions = {},
) {
  const spec = simulationSpec({ nodes: 16, spares: 2, ...options }, { ...training, ...more }, recoveryPolicy(recovery));
  return new Simulation(spec);
}

function played(...args: Parameters<typeof simulation>): Simulation {
  const made = simulation(...args);
  made.advance(Number.POSITIVE_INFINITY);
  return made;
}

describe("a simulated cluster", () => {
  it("trains to the end when nothing happens", () => {
    const run = played({});
    expect(run).toMatchObject({ state: "finished", step: 2000, attempt: 1, faults: 0, decisions: [] });
    expect(accountOf(run.events).effective).toBeGreaterThan(0.96);
  });

  it.each<[FaultKind, string, string]>([
    ["process", "process-ended", "restart"],
    ["node", "node-silent", "replace-node"],
    ["device", "process-ended", "replace-node"],
    ["link", "process-ended", "restart"],
    ["storage", "process-ended", "restart"],
    ["hang", "hang", "restart"],
    ["slow", "slow-rank", "note"],
    ["nan", "loss-not-finite", "go-back"],
    ["spike", "loss-spike", "skip-data"],
    ["silent", "loss-not-finite", "go-back"],
  ])(
    "a %s at step 520 is found as %s, answered with %s, and the training ends at its last step",
    (kind, finding, action) => {
      const run = played({ culprits: 1, faults: [{ at: "step 520", rank: 37, kind }] });
      expect(run.decisions[0]).toMatchObject({ action, finding: { kind: finding } });
      expect(run).toMatchObject({ state: "finished", step: 2000, faults: 1 });
      const named = ["process", "node", "device", "link", "hang", "slow"].includes(kind);
      if (named)
        expect(run.decisions[0]?.finding.node ?? `rank ${run.decisions[0]?.finding.rank}`).toMatch(/node-4|rank 37/);
    },
  );

  it("finds faults that report themselves within 30 s, and a hang ten steps after the last", () => {
    const t1 = (kind: FaultKind) => accountOf(played({ faults: [{ at: "step 520", kind }] }).events).incidents[0]?.t1;
    for (const kind of ["process", "node", "device", "link", "storage"] as const)
      expect(t1(kind)).toBeLessThanOrEqual(30_000);
    expect(t1("hang")).toBeLessThanOrEqual(100_000);
  });

  it("goes back until it finds weights from before silent damage", () => {
    const run = played({ faults: [{ at: "step 520", kind: "silent" }] });
    const { incidents } = accountOf(run.events);
    expect(incidents.at(-1)?.resumedFrom).toBeLessThanOrEqual(520);
    expect(run.state).toBe("finished");
  });

  it("stops when the same hang comes back at the same step, and names it", () => {
    const faults = Array.from({ length: 4 }, () => ({ at: "step 520", rank: 3, kind: "hang" as const }));
    const run = played({ faults });
    expect(run.state).toBe("failed");
    expect(run.decisions.at(-1)).toMatchObject({ action: "stop", reason: expect.stringContaining("4th time") });
  });

  it("waits for a repair when there is no spare, and the incident says so", () => {
    const run = played({ spares: 0, repair: "2h", faults: [{ at: "step 520", kind: "node" }] });
    const incidents = new Incidents(accountOf(run.events), { name: "sim", devices: 128 });
    expect(incidents.all[0]).toMatchObject({ waitedForNode: true });
    expect(incidents.counterfactuals().map(({ change }) => change)).toContain("a spare ready at any time");
    expect(run.state).toBe("finished");
  });

  it("runs on without checkpoints when the storage is full, and says it", () => {
    const run = played({ storage: { capacity: "30GB", checkpoint: "8GB" } });
    expect(run.decisions[0]).toMatchObject({
      action: "note",
      finding: { kind: "checkpoint-failed", cause: "disk-full" },
    });
    expect(run.checkpoints).toHaveLength(3);
  });

  it("is the same for the same seed, however the clock is moved, and another one for another seed", () => {
    const options = { nodes: 512, seed: 7, faults: "rsc" as const, spares: 20 };
    const whole = played(options, { untilMs: 200 * hour });
    const parts = simulation(options, { untilMs: 200 * hour });
    for (let time = 0; !parts.done; time += 1_234_567) parts.advance(time);
    expect(parts.events).toEqual(whole.events);
    expect(parts.decisions).toEqual(whole.decisions);
    expect(played({ ...options, seed: 8 }, { untilMs: 200 * hour }).events).not.toEqual(whole.events);
  });

  it("keeps its books: whatever strikes, time is accounted for once and no step is skipped", () => {
    const fault = fc.record({
      at: fc.oneof(
        fc.integer({ min: 1, max: 1900 }).map((step) => `step ${step}`),
        fc.integer({ min: 0, max: 20_000 }).map((s) => `${s}s`),
      ),
      rank: fc.integer({ min: 0, max: 127 }),
      kind: fc.constantFrom(...faultKinds),
    });
    fc.assert(
      fc.property(fc.array(fault, { maxLength: 8 }), fc.integer({ min: 1, max: 999 }), (faults, seed) => {
        const run = played({ faults, seed }, {}, { retries: 5 });
        const account = accountOf(run.events);
        const sum = Object.values(account.totals).reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(run.now, 3);
        expect(["finished", "failed"]).toContain(run.state);
        let step = 0;
        for (const event of run.events) {
          if (event.kind !== "steps") continue;
          // A stretch begins after the last one, or after a checkpoint before it.
          expect(event.fromStep).toBeLessThanOrEqual(step + 1);
          step = event.toStep;
        }
        if (run.state === "finished") expect(step).toBe(2000);
      }),
      { seed: 13, numRuns: 150 },
    );
  });

  it("never resumes from weights that NaN has reached: 1,000 seeded faults end in 0 NaN checkpoints", () => {
    let faults = 0;
    for (let seed = 1; faults < 1000; seed += 1) {
      const mix = Object.fromEntries(faultKinds.map((kind) => [kind, 1]));
      const run = played({ nodes: 64, seed, spares: 8, faults: { nodeDaysPerFault: 4, mix } }, {}, { retries: 50 });
      faults += run.faults;
      expect(run.lookAt(run.step).loss, `seed ${seed}`).toSatisfy(
        (loss: number) => Number.isFinite(loss) || run.state === "failed",
      );
    }
  });

  it("plays 30 days of 16,384 nodes with 3,000 failures, and shows them in 64 KB", () => {
    const options = { nodes: 16_384, seed: 7, faults: "rsc" as const, spares: 200, start: "65s", compile: "30s" };
    const run = played(options, { totalSteps: 1e9, checkpointEverySteps: 20, untilMs: 720 * hour }, { retries: 1000 });
    const incidents = new Incidents(accountOf(run.events), { name: "month", devices: 131_072 });
    expect(run.faults).toBeGreaterThan(3000);
    for (const shown of [incidents, incidents.figure(), incidents.ratioFigure()])
      expect(JSON.stringify(shown[displayKey]()).length).toBeLessThan(70_000);
    expect(incidents.toMarkdown().length).toBeLessThan(65_536);
  });
});

describe("options of a simulation", () => {
  it.each<[Partial<SimulateOptions>, string]>([
    [{ nodes: 0 }, "simulate.nodes"],
    [{ faults: "llama4" as never }, "simulate.faults"],
    [{ faults: { nodeDaysPerFault: 1, mix: { hangs: 1 } as never } }, "simulate.faults"],
    [{ faults: [{ at: "step 3", kind: "hung" as never }] }, "simulate.faults[0].kind"],
    [{ faults: [{ at: "step 3", rank: 500, kind: "hang" }] }, "simulate.faults[0].rank"],
    [{ faults: [{ at: "later", kind: "hang" }] }, "simulate.faults[0].at"],
    [{ faults: [{ at: "step 0", kind: "hang" }] }, "simulate.faults[0].at: expected a step from 1 on"],
    [{ faults: [{ at: "step -5", kind: "hang" }] }, "simulate.faults[0].at: expected a step from 1 on"],
    [{ storage: { capacity: "1GB", checkpoint: "8TB" } }, "simulate.storage: expected room for a checkpoint"],
  ])("%j is refused by name", (options, name) => {
    expect(() => simulation(options)).toThrow(name);
  });
});

it("the queue gives events by time, and those of one time in the order they came", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const queue = new EventQueue<number>();
      for (const [index, time] of times.entries()) queue.add(time, index);
      const taken = times.map(() => queue.take());
      const expected = times
        .map((time, value) => ({ time, value }))
        .sort((a, b) => a.time - b.time || a.value - b.value);
      expect(taken.map((item) => [item?.time, item?.value])).toEqual(expected.map(({ time, value }) => [time, value]));
      expect(queue.take()).toBeUndefined();
    }),
    { seed: 13 },
  );
});
