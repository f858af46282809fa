import { describe, expect, it } from "vitest";
import { AttemptLogs } from "../../../../../src/run/supervise/observe/attempt-logs.js";
import { RankLog } from "../../../../../src/run/supervise/observe/rank-log.js";
import {
  type Evidence,
  endFromCode,
  judge,
  parseLauncherFinding,
} from "../../../../../src/run/supervise/observe/verdict.js";

const head = "2026-11-24 02:19:29,543 - mindformers[callback.py:747] - INFO - ";
const stepLine = (step: number) =>
  `${head}{ Epoch:[  1/  1], step:[${step}/  200], ` +
  "loss: 5.4, per_step_time: 56ms, lr: 0.001, overflow cond: False, loss_scale: 1.0, global_norm: [2.3]";

function rankLog(rank: number, lines: readonly string[], now = 0): RankLog {
  const log = new RankLog(rank, 1);
  log.accept(lines, now);
  return log;
}

function evidence(more: Partial<Evidence> & { logs?: readonly RankLog[] } = {}): Evidence {
  const { logs = [rankLog(0, [stepLine(42)]), rankLog(1, [stepLine(41)])], ...rest } = more;
  return {
    stopped: "no",
    over: false,
    launcherEnd: undefined,
    finding: undefined,
    ranks: new Map(logs.map((log) => [log.rank, log])),
    rankOfProcess: new Map([
      ["0/100", 0],
      ["0/101", 1],
    ]),
    lastStep: 42,
    totalSteps: 200,
    ...rest,
  };
}

describe("what msrun says", () => {
  it("names a worker's process and exit code, also among color codes and other text", () => {
    const line =
      "[ERROR] ME(1:2,MainProcess):2026-11-24-02:19:00.486.000 [api.py:1] Worker process 101 exit with exception. " +
      "Error code: -9.";
    expect(parseLauncherFinding(line)).toEqual({ role: "worker", pid: 101, code: -9 });
    expect(parseLauncherFinding("Scheduler process 99 exit with exception.")).toMatchObject({
      role: "scheduler",
      pid: 99,
    });
    expect(parseLauncherFinding("All workers successfully exit!")).toBeUndefined();
  });

  it("counts exit codes as Python does: negative ones are signals", () => {
    expect(endFromCode(-9)).toEqual({ exitCode: undefined, signal: "SIGKILL" });
    expect(endFromCode(-64)).toEqual({ exitCode: undefined, signal: "signal 64" });
    expect(endFromCode(3)).toEqual({ exitCode: 3, signal: undefined });
  });
});

describe("the verdict", () => {
  it("is finished only when every worker wrote Training Over, whatever msrun's exit code was", () => {
    expect(judge(evidence({ over: true, lastStep: 200, launcherEnd: endFromCode(1) }))).toMatchObject({
      state: "finished",
    });
    expect(judge(evidence({ launcherEnd: endFromCode(0) }))).toMatchObject({
      state: "failed",
      fault: { rank: 0, exitCode: 0 },
    });
  });

  it("is stopped when the run was asked to and ended before its last step, finished when it was done anyway", () => {
    expect(judge(evidence({ over: true, stopped: "asked" }))).toMatchObject({ state: "stopped" });
    expect(judge(evidence({ over: true, stopped: "asked", lastStep: 200 }))).toMatchObject({ state: "finished" });
    expect(judge(evidence({ stopped: "interrupted", launcherEnd: endFromCode(0) }))).toMatchObject({
      state: "stopped",
    });
  });

  it("is failed when a worker dies while it saves on request", () => {
    const finding = { role: "worker", pid: 101, code: -11 } as const;
    expect(judge(evidence({ stopped: "asked", finding }))).toMatchObject({
      state: "failed",
      fault: { rank: 1, signal: "SIGSEGV" },
    });
  });

  it("names the killed rank with its own last step", () => {
    const verdict = judge(evidence({ finding: { role: "worker", pid: 101, code: -9 } }));
    expect(verdict.fault).toEqual({
      rank: 1,
      signal: "SIGKILL",
      message: "rank 1 was killed by SIGKILL after step 41 of 200",
    });
  });

  it("blamed a rank of another node whose process id was the same, as in containers; now by node and process id", () => {
    const line = "[WARNING] DISTRIBUTED(34,7f18c5ffa6c0,python):2026-11-24 [a.cc:1] x";
    const logs = new AttemptLogs({ attempt: 1, expected: [0, 1], lossRank: 0 });
    const accept = (path: string, said: string) =>
      logs.accept({ path: `logs/attempt-1/${path}`, lines: [said], offset: 1 }, 0);
    accept("node-0/worker_0.log", line);
    accept("node-1/worker_1.log", line);
    accept("node-1/msrun.log", "Worker process 34 exit with exception. Error code: -9");
    const { ranks, finding } = logs;
    const blamed = (seen: [string, number][]) =>
      judge(evidence({ ranks, finding, rankOfProcess: new Map(seen) })).fault?.rank;
    expect(
      blamed([
        ["0/34", 0],
        ["1/34", 1],
      ]),
    ).toBe(1);
    expect(blamed([])).toBe(1);
  });

  it("finds the rank of an unseen process by the process id in its log", () => {
    const log = rankLog(3, ["[WARNING] DISTRIBUTED(27190,7f18c5ffa6c0,python):2026-11-24 [a.cc:1] x"]);
    const verdict = judge(
      evidence({ logs: [log], rankOfProcess: new Map(), finding: { role: "worker", pid: 27190, code: 1 } }),
    );
    expect(verdict.fault?.rank).toBe(3);
  });

  it("blames the rank whose exception came first, not the one that msrun noticed first", () => {
    const trace = (text: string) => ["Traceback (most recent call last):", text];
    const late = rankLog(0, trace("RuntimeError: peer is gone"), 2000);
    const early = rankLog(1, trace("ValueError: bad shape"), 1000);
    const verdict = judge(
      evidence({ logs: [late, early], finding: { role: "worker", pid: 100, code: 1 }, lastStep: 0 }),
    );
    expect(verdict.fault).toMatchObject({ rank: 1, exitCode: 1 });
    expect(verdict.message).toBe("rank 1 ended with exit code 1 before the first step: ValueError: bad shape");
  });

  it("blames the rank with an error of its own, also if the complaint of another was read earlier", () => {
    const trace = (text: string) => ["Traceback (most recent call last):", text];
    const logs = [
      rankLog(0, trace("RuntimeError: Connection reset by peer"), 1000),
      rankLog(1, trace("ValueError: x"), 2000),
    ];
    const verdict = judge(evidence({ logs, finding: { role: "worker", pid: 100, code: 1 } }));
    expect(verdict.fault).toMatchObject({ rank: 1, exitCode: 1 });
  });

  it("blames the killed rank, not its peer whose complaint ended it before msrun had looked", () => {
    const error =
      "[ERROR] DISTRIBUTED(100,7f18,python):2026-11-24-02:19:29.543.000 [tcp_comm.cc:1] f] " +
      "Connection reset by peer, Kill this process with SIGTERM";
    const complains = (rank: number) => rankLog(rank, [stepLine(42), error], 2000);
    const finding = { role: "worker", pid: 100, code: -15 } as const;
    const pair = judge(evidence({ logs: [complains(0), rankLog(1, [stepLine(42)])], finding }));
    expect(pair.fault).toEqual({ rank: 1, message: pair.message });
    expect(pair.message).toBe("rank 1 was killed or died silently after step 42 of 200");
    const logs = [complains(0), rankLog(1, [stepLine(42)]), rankLog(2, [stepLine(42)])];
    expect(judge(evidence({ logs, finding, missing: [0, 2] })).fault?.rank).toBe(2);
    expect(judge(evidence({ logs, finding, missing: [] })).fault?.rank).toBe(0);
  });

  it("has no rank when msrun itself or the scheduler died", () => {
    const killed = judge(evidence({ launcherEnd: { exitCode: undefined, signal: "SIGKILL" } }));
    expect(killed.message).toBe("msrun was killed by SIGKILL after step 42 of 200");
    expect(killed.fault).not.toHaveProperty("rank");
    expect(judge(evidence({ finding: { role: "scheduler", pid: 99, code: undefined } })).message).toContain(
      "the scheduler (process 99)",
    );
  });
});
