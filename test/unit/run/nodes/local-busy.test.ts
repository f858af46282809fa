import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import type { Clock } from "../../../../src/core/clock.js";
import { processStat } from "../../../../src/core/liveness/process-table.js";
import { LocalBusy } from "../../../../src/run/nodes/local/local-busy.js";
import type { NodeProcess } from "../../../../src/run/nodes/node.js";

const started: number[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) process.kill(pid, "SIGKILL");
});

async function child(command: string): Promise<number> {
  const found = spawn("sh", ["-c", command], { stdio: "ignore" });
  await once(found, "spawn");
  started.push(found.pid as number);
  return found.pid as number;
}

/** A clock that is ahead by what somebody waits for, and the pauses that were asked for. */
function fastClock(): Clock & { readonly pauses: number[] } {
  let elapsed = 0;
  const pauses: number[] = [];
  const wait = async (ms: number) => {
    elapsed += ms;
    pauses.push(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { now: () => elapsed, elapsed: () => elapsed, wait, pauses };
}

const worker = (pid: number, rank: number) => ({ pid, rank, role: "worker" }) as unknown as NodeProcess;

it("tells a process that works or is stopped from one that sleeps, and stops looking a minute after the last question", async () => {
  const pids = [await child("while :; do :; done"), await child("exec sleep 600"), await child("exec sleep 600")];
  process.kill(pids[2] as number, "SIGSTOP");
  const states = () => pids.map((pid) => processStat(pid)?.state).join("");
  const isSleep = () => readFileSync(`/proc/${pids[1]}/comm`, "utf8").trim() === "sleep";
  await expect.poll(() => isSleep() && states(), { timeout: 60_000, interval: 5 }).toBe("RST");
  const clock = fastClock();
  const busy = new LocalBusy(async () => pids.map(worker), clock, new AbortController().signal);
  expect(await busy.looks()).toEqual([0, 1, 2].map((rank) => ({ rank, looks: 0, busy: 0 })));
  await expect.poll(() => clock.elapsed()).toBeGreaterThan(60_000);
  const first = clock.pauses.length;
  const seen = await busy.looks();
  for (const { looks } of seen) expect(looks).toBe(first);
  const [works, sleeps, stopped] = seen.map(({ looks, busy: at }) => at / looks);
  expect(works).toBeGreaterThan(0.8);
  expect(sleeps).toBeLessThan(0.2);
  expect(stopped).toBeGreaterThan(0.8);
  // Asked again, it looks for another minute.
  await expect.poll(() => clock.elapsed()).toBeGreaterThan(120_000);
});

it("looks at unequal moments, a second apart on average, and never in step with a training", async () => {
  const clock = fastClock();
  const busy = new LocalBusy(async () => [], clock, new AbortController().signal);
  for (let minute = 1; minute <= 20; minute += 1) {
    await busy.looks();
    await expect.poll(() => clock.elapsed()).toBeGreaterThan(minute * 60_000);
  }
  const times = clock.pauses.map(
    (
      (sum) => (ms: number) =>
        (sum += ms)
    )(0),
  );
  expect((times.at(-1) ?? 0) / times.length).toBeCloseTo(1000, -1);
  for (const stepMs of [125, 250, 618, 1000, 1618, 2000, 3000]) {
    const early = times.filter((time) => time % stepMs < stepMs / 2).length / times.length;
    expect(early, `steps of ${stepMs} ms`).toBeGreaterThan(0.4);
    expect(early, `steps of ${stepMs} ms`).toBeLessThan(0.6);
  }
});

it("ends with its node", async () => {
  const ended = new AbortController();
  const clock = fastClock();
  const busy = new LocalBusy(async () => [], clock, ended.signal);
  await busy.looks();
  ended.abort();
  await new Promise((resolve) => setImmediate(resolve));
  const count = clock.pauses.length;
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.pauses).toHaveLength(count);
});
