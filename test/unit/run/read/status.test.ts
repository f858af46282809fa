import { describe, expect, it } from "vitest";
import { nextName, reuseOf } from "../../../../src/run/launch/reuse.js";
import { type Circumstances, deriveStatus } from "../../../../src/run/read/status.js";
import { RunHistory } from "../../../../src/run/record/history.js";
import type { RunFile } from "../../../../src/run/record/run-file.js";

const file: RunFile = {
  layout: 1,
  name: "wiki",
  createdAt: 1000,
  host: "here",
  attempt: 1,
  fingerprint: "f",
  totalSteps: 100,
  tokensPerStep: 512,
  lossRank: 0,
  localNode: 0,
  commands: [],
  cluster: {},
  versions: {},
};
const nothing = { steps: [], checkpointStep: undefined, remains: [], damage: [] };
const alive: Circumstances = { supervisorAlive: true, processes: 4, over: false, now: 2000, ...nothing };
const gone: Circumstances = { supervisorAlive: false, processes: 0, over: false, now: 100_000, ...nothing };
const state = (name: string, more = {}) => ({ kind: "state", time: 5000, attempt: 1, state: name, ...more });
const step = (number: number, attempt = 1) => ({
  kind: "step",
  time: 10_000 + number * 100,
  attempt,
  step: number,
  totalSteps: 100,
  epoch: 1,
  loss: 7 - number / 100,
  stepTimeMs: 60,
});

function historyOf(...events: Record<string, unknown>[]): RunHistory {
  const history = new RunHistory();
  history.add(events);
  return history;
}

describe("the state of a run", () => {
  it("is what the supervisor wrote, as long as it lives or has written the end", () => {
    expect(deriveStatus(file, historyOf(state("training")), alive).state).toBe("training");
    expect(deriveStatus(file, historyOf(state("training"), state("finished")), gone).state).toBe("finished");
  });

  it("is lost when the supervisor is gone silently, and says whether the engine still trains", () => {
    const history = historyOf(state("training"));
    expect(deriveStatus(file, history, gone)).toMatchObject({
      state: "lost",
      message: expect.stringContaining("no process of the engine is left"),
    });
    expect(deriveStatus(file, history, { ...gone, processes: 3 }).message).toContain(
      "3 processes of the engine are still there",
    );
  });

  it("is finished when the engine completed its training after the supervisor was gone", () => {
    expect(deriveStatus(file, historyOf(state("training")), { ...gone, over: true })).toMatchObject({
      state: "finished",
      message: "finished after its supervisor was gone",
    });
  });

  it("is starting until the supervisor can have written its first word, then lost", () => {
    expect(deriveStatus(file, historyOf(), { ...gone, now: 2000 }).state).toBe("starting");
    expect(deriveStatus(file, historyOf(), gone).state).toBe("lost");
    const second = { ...file, attempt: 2 };
    expect(deriveStatus(second, historyOf(state("failed")), { ...gone, now: 2000 }).state).toBe("starting");
  });

  it("counts speed and time left by the wall clock over the last steps", () => {
    const history = historyOf(state("training"), ...Array.from({ length: 40 }, (_, i) => step(i + 1)));
    const status = deriveStatus(file, history, { ...alive, steps: history.steps.slice(-21) });
    expect(status).toMatchObject({ step: 40, totalSteps: 100, tokensPerSecond: 5120, remainingMs: 6000 });
    expect(status.loss).toBeCloseTo(6.6);
  });
});

describe("the history", () => {
  it("does not fold back when a later attempt does steps again, and passes over kinds it does not know", () => {
    const history = historyOf(
      step(1),
      step(2),
      step(3),
      { kind: "weather", time: 1, attempt: 1 },
      { kind: "step" },
      step(2, 2),
      step(3, 2),
    );
    expect(history.steps.slice().map((one) => [one.step, one.attempt])).toEqual([
      [1, 1],
      [2, 2],
      [3, 2],
    ]);
  });

  it("forgets fault and end of an earlier attempt", () => {
    const fault = { kind: "fault", time: 1, attempt: 1, message: "bad", logTail: [] };
    expect(historyOf(fault, state("failed"), state("starting", { attempt: 2 })).fault).toBeUndefined();
  });
});

describe("a name that exists already", () => {
  const status = (more: object) => ({ ...deriveStatus(file, historyOf(state("training")), alive), ...more });
  const wanted = { fingerprint: "f", open: 'await openRun("wiki")' };

  it("returns the same training while it lives, also lost with an engine that still trains; refuses another one", () => {
    for (const one of [status({}), status({ state: "lost", processes: 2 })]) {
      expect(reuseOf(one, file, wanted)).toMatchObject({ action: "return", note: expect.stringMatching(/is live/) });
      expect(() => reuseOf(one, file, { ...wanted, fingerprint: "g" })).toThrow(/a live run of another training/);
    }
  });

  it("returns the same training, refuses another one, tries a failed one again unless it has a checkpoint", () => {
    expect(reuseOf(status({ state: "finished" }), file, wanted).action).toBe("return");
    expect(() => reuseOf(status({ state: "finished" }), file, { ...wanted, fingerprint: "g" })).toThrow(
      /another training/,
    );
    expect(reuseOf(status({ state: "failed" }), file, wanted).action).toBe("try-again");
    expect(reuseOf(status({ state: "lost", processes: 0 }), file, wanted).action).toBe("try-again");
    expect(() => reuseOf(status({ state: "failed", checkpointStep: 50 }), file, wanted)).toThrow(
      /checkpoint of step 50/,
    );
  });

  it("counts names up", () => {
    expect(["wiki", "wiki-2", "wiki-9", "1b"].map(nextName)).toEqual(["wiki-2", "wiki-3", "wiki-10", "1b-2"]);
  });
});
