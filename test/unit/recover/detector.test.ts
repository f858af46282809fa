import { describe, expect, it } from "vitest";
import { causeOfEnd, causeOfLines } from "../../../src/recover/detect/causes.js";
import { Detector } from "../../../src/recover/detect/detector.js";
import type { Finding } from "../../../src/recover/detect/finding.js";
import type { StepObservation } from "../../../src/recover/detect/observation.js";
import { hoursUntilFull } from "../../../src/recover/detect/pace-watch.js";

function steps(count: number, make: (step: number) => Partial<StepObservation> = () => ({})): StepObservation[] {
  return Array.from({ length: count }, (_, index) => {
    const step = index + 1;
    const noise = 0.01 * Math.sin(step * 12.9898);
    return { kind: "step", time: step * 1000, step, loss: 8 - step * 0.001 + noise, stepTimeMs: 1000, ...make(step) };
  });
}

function findings(observations: readonly StepObservation[], limits = {}): Finding[] {
  const detector = new Detector(0, limits);
  return observations.flatMap((observation) => [...detector.observe(observation)]);
}

describe("a detector", () => {
  it("says nothing about a healthy training", () => {
    expect(findings(steps(2000))).toEqual([]);
  });

  it("finds the first NaN loss at once, which MindFormers trains on with to the end and exit code 0", () => {
    const [found, ...more] = findings(steps(50, (step) => (step >= 20 ? { loss: Number.NaN } : {})));
    expect(found).toMatchObject({ kind: "loss-not-finite", cause: "numerics", step: 20 });
    expect(more).toEqual([]);
  });

  it("bears a loss scale that is searched for: some overflows in a row are no finding", () => {
    const overflowing = steps(40, (step) =>
      step < 4 ? { gradNorm: Number.POSITIVE_INFINITY, overflow: true } : { gradNorm: 1 },
    );
    expect(findings(overflowing)).toEqual([]);
  });

  it("finds a loss that is stuck at ln(vocabulary) with gradient norm 0, which ended as finished before", () => {
    const [found] = findings(steps(40, () => ({ loss: 6.238324, gradNorm: 0 })));
    expect(found).toMatchObject({ kind: "loss-frozen", step: 5 });
  });

  it("finds a frozen loss also where no gradient norm is logged", () => {
    expect(findings(steps(40, () => ({ loss: 6.238324 })))[0]).toMatchObject({ kind: "loss-frozen", step: 12 });
  });

  it("finds a spike after three high losses in a row, and not one wiggle", () => {
    const spike = steps(300, (step) => (step >= 200 && step < 210 ? { loss: 11 } : {}));
    expect(findings(spike)).toMatchObject([{ kind: "loss-spike", step: 202 }]);
    expect(findings(steps(300, (step) => (step === 200 ? { loss: 11 } : {})))).toEqual([]);
  });

  it("finds no spike while the loss falls steeply or rises a little in a noisy curve", () => {
    expect(findings(steps(200, (step) => ({ loss: 10 / step + 2 })))).toEqual([]);
    expect(findings(steps(500, (step) => ({ loss: 3 + 0.3 * Math.sin(step * 78.233) })))).toEqual([]);
  });

  it("finds a hang ten median steps after the last one, at the earliest after 45 s", () => {
    const detector = new Detector(0);
    for (const step of steps(20)) detector.observe(step);
    expect(detector.deadline).toBe(20_000 + 45_000);
    expect(detector.observe({ kind: "clock", time: 64_000 })).toEqual([]);
    expect(detector.observe({ kind: "clock", time: 65_000 })).toMatchObject([
      { kind: "hang", since: 20_000, step: 20 },
    ]);
    expect(detector.observe({ kind: "clock", time: 70_000 })).toEqual([]);
  });

  it("calls no training hung that is quiet for less than three steps, whatever hangAfter says", () => {
    const detector = new Detector(0, { hangAfterMs: 1500 });
    for (const step of steps(20)) detector.observe(step);
    expect(detector.deadline).toBe(20_000 + 3000);
  });

  it("takes the silence of compiling, saving, and evaluating for what it is", () => {
    const detector = new Detector(0, { hangAfterMs: 30_000 });
    expect(detector.observe({ kind: "clock", time: 1_800_000 })).toEqual([]);
    for (const step of steps(5)) detector.observe(step);
    detector.observe({ kind: "phase", time: 6000, phase: "saving" });
    expect(detector.observe({ kind: "clock", time: 606_000 })).toEqual([]);
    detector.observe({ kind: "saved", time: 606_000, step: 5, seconds: 600 });
    expect(detector.observe({ kind: "clock", time: 637_000 })).toMatchObject([{ kind: "hang", since: 606_000 }]);
  });

  it("reports a save that never ends as late, with storage as its cause", () => {
    const detector = new Detector(0, { saveAfterMs: 60_000 });
    for (const step of steps(5)) detector.observe(step);
    detector.observe({ kind: "phase", time: 6000, phase: "saving" });
    expect(detector.observe({ kind: "clock", time: 66_000 })).toMatchObject([
      { kind: "checkpoint-late", cause: "storage" },
    ]);
  });

  it("finds a training that got slower for good, and not one slow step", () => {
    const slow = steps(100, (step) => (step > 60 ? { stepTimeMs: 1500 } : {}));
    expect(findings(slow)).toMatchObject([{ kind: "throughput-falling" }]);
    expect(findings(steps(100, (step) => (step % 10 === 0 ? { stepTimeMs: 9000 } : {})))).toEqual([]);
  });

  it("names the slow rank by its time before the collective, where step times are equal", () => {
    const detector = new Detector(0);
    const beforeMs = Array.from({ length: 64 }, (_, rank) => (rank === 41 ? 140 : 100 + (rank % 5)));
    const found = Array.from({ length: 10 }, (_, step) =>
      detector.observe({ kind: "barrier", time: step, step, beforeMs }),
    ).flat();
    expect(found).toMatchObject([{ kind: "slow-rank", rank: 41 }]);
  });

  it("works out when the disk is full", () => {
    const gb = 1024 ** 3;
    const looks = Array.from({ length: 10 }, (_, i) => ({
      kind: "disk" as const,
      time: i * 60_000,
      freeBytes: 100 * gb - i * gb,
    }));
    expect(hoursUntilFull(looks)).toBeCloseTo(91 / 60, 5);
    const detector = new Detector(0);
    expect(looks.flatMap((look) => [...detector.observe(look)])).toMatchObject([{ kind: "disk-filling" }]);
    expect(hoursUntilFull(looks.map((look) => ({ ...look, freeBytes: gb })))).toBeUndefined();
  });
});

describe("the cause of an end", () => {
  const cases: [string, string[], string][] = [
    ["NaN check", ["ValueError: There is nan in loss with value nan, terminate training."], "numerics"],
    [
      "norm threshold",
      ["ValueError: norm of step 3 has been 3 consecutive times greater than threshold 0.2, stop training..."],
      "numerics",
    ],
    [
      "tolerance on a CPU",
      ["ValueError: TrainFaultTolerance: MindIO adapter only support on Ascend device but got device CPU!"],
      "configuration",
    ],
    ["missing module", ["ModuleNotFoundError: No module named 'foo'"], "code"],
    ["missing file", ["FileNotFoundError: [Errno 2] No such file or directory: 'x.bin'"], "missing-file"],
    ["full disk", ["OSError: [Errno 28] No space left on device: 'rank_0'"], "disk-full"],
    [
      "link cut",
      ["RuntimeError: The total number of timed out node is 1. Timed out node list is: [const vector]{1}"],
      "network",
    ],
    ["port taken", ["RuntimeError: Address already in use"], "port"],
    ["device memory", ["RuntimeError: Out of Memory!!! Request memory size: 1G"], "device-memory"],
    ["nothing", ["all is well"], "unknown"],
  ];
  it.each(cases)("%s", (_, lines, cause) => expect(causeOfLines(lines).cause).toBe(cause));

  it("believes the signal before the log: a killed rank's log speaks of others", () => {
    expect(causeOfEnd({ signal: "SIGKILL", lastLines: ["RuntimeError: Ring ReduceScatter"] }).cause).toBe("killed");
    expect(causeOfEnd({ signal: "SIGTERM" }).cause).toBe("preempted");
    expect(causeOfEnd({ exitCode: 1, outOfMemory: true }).cause).toBe("host-memory");
  });
});
