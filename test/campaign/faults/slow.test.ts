import { afterAll, expect, inject, it } from "vitest";
import { FaultLab, processOf } from "../../support/fault-lab.js";

const lab = new FaultLab("slow", inject("compiledGraphs"));
afterAll(() => lab.end());

/** Stops a process for three fifths of each 100 ms until it is called. */
function slowDown(pid: number): () => void {
  let beat = 0;
  const timer = setInterval(() => {
    beat = (beat + 1) % 5;
    if (beat === 0) process.kill(pid, "SIGSTOP");
    if (beat === 3) process.kill(pid, "SIGCONT");
  }, 20);
  return () => {
    clearInterval(timer);
    process.kill(pid, "SIGCONT");
  };
}

it("a slow rank is named with its evidence, and no rank before it is slow; the training continues", async () => {
  const run = await lab.launch("slow", { recovery: {}, config: await lab.config(20_000, 20_000) });
  const slow = async () => (await run.decisions()).filter(({ finding }) => finding?.kind === "slow-rank");
  const began = { time: 0, step: 0 };
  const note = (what: string, to: { time: number; step: number }) => {
    const ms = (to.time - began.time) / (to.step - began.step);
    console.log(`${what}: ${ms.toFixed(0)} ms a step over ${((to.time - began.time) / 1000).toFixed(0)} s`);
    Object.assign(began, to);
  };
  const now = async () => ({ time: Date.now(), step: (await run.status()).step });
  Object.assign(began, (await run.wait({ untilStep: 50, timeout: "8m" })) && (await now()));
  // More than the observations that a report takes.
  await expect.poll(() => Date.now() - began.time, { timeout: 300_000, interval: 1000 }).toBeGreaterThan(220_000);
  expect(await slow()).toEqual([]);
  note("healthy", await now());

  const stop = slowDown(await processOf(run, "worker", 1));
  try {
    await expect.poll(async () => (await slow()).length, { timeout: 400_000, interval: 1000 }).toBe(1);
    note("slow", await now());
  } finally {
    stop();
  }
  const [found] = await slow();
  console.log(found?.finding?.summary, found?.finding?.evidence.join("; "));
  expect(found).toMatchObject({ decision: "note", finding: { rank: 1, evidence: [expect.any(String), /at work/] } });
  expect((await run.status()).state).toBe("training");
}, 1_200_000);
