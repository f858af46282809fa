import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PastDecision } from "../../../src/recover/decide/action.js";
import { chooseCheckpoint, parseHealthFile } from "../../../src/recover/decide/choose-checkpoint.js";
import { type DecisionHistory, decide } from "../../../src/recover/decide/decide.js";
import { recoveryPolicy } from "../../../src/recover/decide/policy.js";
import { type Cause, external, incurable } from "../../../src/recover/detect/causes.js";
import type { Finding, FindingKind } from "../../../src/recover/detect/finding.js";

const finding = (kind: FindingKind, more: Partial<Finding> = {}): Finding => ({
  kind,
  time: 0,
  since: 0,
  step: 100,
  cause: "unknown",
  summary: "",
  evidence: [],
  ...more,
});
const history = (more: Partial<DecisionHistory> = {}): DecisionHistory => ({
  past: [],
  restartsWithoutProgress: 0,
  restarts: 0,
  spares: [],
  firstStep: 1,
  ...more,
});
const policy = recoveryPolicy();
const kinds: FindingKind[] = [
  "process-ended",
  "node-silent",
  "hang",
  "loss-not-finite",
  "loss-spike",
  "device-error",
  "checkpoint-late",
];
const causes: Cause[] = [
  "killed",
  "network",
  "device",
  "unknown",
  "numerics",
  "configuration",
  "data",
  "code",
  "preempted",
  "port",
];

describe("the decision", () => {
  it("restarts after a killed worker, with a wait that doubles", () => {
    const killed = finding("process-ended", { cause: "killed", rank: 1 });
    expect(decide(killed, history(), policy)).toMatchObject({ action: "restart", delayMs: 5000 });
    expect(decide(killed, history({ restartsWithoutProgress: 2 }), policy)).toMatchObject({ delayMs: 20_000 });
  });

  it.each([...incurable])("never starts again what cannot succeed: %s", (cause) => {
    expect(decide(finding("process-ended", { cause }), history(), policy).action).toBe("stop");
  });

  it("stops when memory of the device ran out before the first step, and restarts when it was a peak", () => {
    const memory = finding("process-ended", { cause: "device-memory", step: 0 });
    expect(decide(memory, history(), policy).action).toBe("stop");
    expect(decide({ ...memory, step: 50 }, history(), policy).action).toBe("restart");
  });

  it("puts a spare in the place of a silent node, and says so if there is none", () => {
    const silent = finding("node-silent", { node: "n7", cause: "network" });
    expect(decide(silent, history({ spares: ["s1", "s2"] }), policy)).toMatchObject({
      action: "replace-node",
      dropNode: "n7",
      spare: "s1",
    });
    expect(decide(silent, history(), policy)).toMatchObject({
      action: "replace-node",
      reason: expect.stringContaining("no spare"),
    });
  });

  it("climbs the ladder while NaN comes back at the same step: back, skip, further back, slower, stop", () => {
    const nan = finding("loss-not-finite", { cause: "numerics" });
    const past: PastDecision[] = [];
    const actions: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      const { action } = decide(nan, history({ past }), policy);
      actions.push(action);
      past.push({ finding: nan, action });
    }
    expect(actions).toEqual(["go-back", "skip-data", "go-back", "lower-learning-rate", "stop"]);
  });

  it("NaN of a learning rate that is too high never came to a lower rate: the default budget ends no ladder early", () => {
    for (const ladder of Object.values(policy.table)) expect(ladder.length).toBeLessThanOrEqual(policy.retries);
  });

  it("leaves out all batches that a spike has shown to be bad, also if fewer are asked for", () => {
    const spike = finding("loss-spike", {
      step: 102,
      cause: "numerics",
      evidence: ["step 100", "step 101", "step 102"],
    });
    expect(decide(spike, history(), policy)).toMatchObject({
      action: "skip-data",
      notAfterStep: 99,
      skip: { fromStep: 100, batches: 3 },
    });
  });

  it("follows the user's table", () => {
    const own = recoveryPolicy({ table: { "loss-spike": ["stop"], "process-ended/killed": ["note"] } });
    expect(decide(finding("loss-spike"), history(), own).action).toBe("stop");
    expect(decide(finding("process-ended", { cause: "killed" }), history(), own).action).toBe("note");
    expect(() => recoveryPolicy({ table: { "los-spike": ["stop"] } })).toThrow("recovery.table");
    expect(() => recoveryPolicy({ retrys: 3 } as never)).toThrow("unknown option retrys");
  });

  it("ends: whatever comes and however often, without a new checkpoint there are at most `retries` restarts", () => {
    const one = fc.record({
      kind: fc.constantFrom(...kinds),
      cause: fc.constantFrom(...causes),
      step: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 30, maxLength: 30 }), fc.integer({ min: 0, max: 6 }), (list, retries) => {
        const limited = recoveryPolicy({ retries });
        const past: PastDecision[] = [];
        let restarts = 0;
        for (const each of list) {
          const found = finding(each.kind, each);
          const { action } = decide(found, history({ past, restarts, restartsWithoutProgress: restarts }), limited);
          past.push({ finding: found, action });
          if (action === "stop") break;
          if (action !== "note") restarts += 1;
        }
        expect(restarts).toBeLessThanOrEqual(retries);
      }),
      { seed: 13, numRuns: 300 },
    );
  });

  it("ends: trouble from inside at the same step is answered at most four times", () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.constantFrom(...causes), (kind, cause) => {
        fc.pre(!external.has(cause));
        const past: PastDecision[] = [];
        let tries = 0;
        for (; tries < 10; tries += 1) {
          const found = finding(kind, { cause });
          const { action } = decide(found, history({ past, restarts: tries }), policy);
          past.push({ finding: found, action });
          if (action === "stop") break;
        }
        expect(tries).toBeLessThanOrEqual(4);
      }),
      { seed: 13, numRuns: 200 },
    );
  });
});

describe("the choice of a checkpoint", () => {
  const point = (step: number, more = {}) => ({ step, complete: true, savedAt: step, ...more });

  it("takes the newest that is complete, as sealed, healthy, and saved before the loss went bad", () => {
    const points = [
      point(10),
      point(20, { sealed: false }),
      point(30, { healthy: false }),
      point(40, { complete: false, problem: "rank 1 missing" }),
      point(50),
    ];
    const { chosen, rejected } = chooseCheckpoint(points, { badFromStep: 45 });
    expect(chosen?.step).toBe(10);
    expect(rejected.map(({ step }) => step)).toEqual([50, 40, 30, 20]);
    expect(rejected[0]?.reason).toContain("step 45, where the loss went bad");
  });

  it("takes the oldest good one before the trouble if none is as old as wished, and none from after it", () => {
    const points = [point(20, { complete: false }), point(30), point(40), point(50)];
    expect(chooseCheckpoint(points, { notAfterStep: 25, beforeStep: 45 })).toMatchObject({
      chosen: { step: 30 },
      rejected: [{ step: 50 }, { step: 40 }, { step: 20 }],
    });
    expect(chooseCheckpoint(points, { notAfterStep: 25, beforeStep: 28 }).chosen).toBeUndefined();
    expect(chooseCheckpoint(points, { notAfterStep: 25 }).chosen).toBeUndefined();
  });

  it("never takes a bad one, and always the newest of the good ones", () => {
    const any = fc.record({
      step: fc.integer({ min: 1, max: 99 }),
      complete: fc.boolean(),
      sealed: fc.option(fc.boolean(), { nil: undefined }),
      healthy: fc.option(fc.boolean(), { nil: undefined }),
      savedAt: fc.nat(99),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), fc.integer({ min: 1, max: 120 }), (points, bad) => {
        const { chosen } = chooseCheckpoint(points, { badFromStep: bad });
        const good = points.filter((p) => p.complete && p.sealed !== false && p.healthy !== false && p.step < bad);
        expect(chosen?.step).toBe(good.length === 0 ? undefined : Math.max(...good.map(({ step }) => step)));
      }),
      { seed: 13, numRuns: 300 },
    );
  });

  it("reads MindFormers' health file, in which 1 means bad", () => {
    const health = parseHealthFile('[{"is_health": 0, "ckpt_name": "a-1_2"}, {"is_health": 1, "ckpt_name": "a-1_4"}]');
    expect([...health]).toEqual([
      ["a-1_2", true],
      ["a-1_4", false],
    ]);
    expect(parseHealthFile("{").size).toBe(0);
  });
});
