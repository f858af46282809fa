import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { builtFile } from "../../../src/core/package-root.js";
import { listRuns } from "../../../src/run/open.js";
import { RunReader } from "../../../src/run/read/run-reader.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { runsFolder } from "../../support/fake-plan.js";
import { writeSyntheticRun } from "../../support/synthetic-run.js";

/**
 * Opens a run in a process of its own; milliseconds of processor time and peak memory in MB, both without Node's own.
 */
async function openAlone(folder: string, name: string) {
  const script = `
    const { openRun } = await import(${JSON.stringify(builtFile("src/run/open.js"))});
    const [before, memory] = [process.cpuUsage(), process.memoryUsage.rss()];
    const run = await openRun(${JSON.stringify(name)}, { folder: ${JSON.stringify(folder)} });
    const status = await run.status();
    const opened = process.cpuUsage(before);
    const again = process.cpuUsage();
    for (let look = 0; look < 20; look += 1) await run.status();
    const looks = process.cpuUsage(again);
    const peak = process.resourceUsage().maxRSS / 1024;
    console.log(JSON.stringify({ status, peak, base: memory / 2 ** 20, openMs: (opened.user + opened.system) / 1000,
      lookMs: (looks.user + looks.system) / 20_000 }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  return JSON.parse(stdout);
}

// The promise is one second on an idle core, which `test/bench/run/readers.mjs` measures. A busy machine counts more
// processor time for the same work, so the limits here are four times that and more.
describe("a run of many steps", () => {
  it("a million recorded steps open without being read, in less than 200 MB", async () => {
    const folder = runsFolder();
    writeSyntheticRun(join(folder, "million"), { steps: 1_000_000, state: "finished", where: "record" });
    const found = await openAlone(folder, "million");
    expect(found.status).toMatchObject({ state: "finished", step: 1_000_000 });
    expect(found.openMs).toBeLessThan(4000);
    expect(found.peak).toBeLessThan(200);
    expect(found.lookMs).toBeLessThan(200);
  });

  it("all of a million steps are read in seconds, 96 bytes each", async () => {
    const folder = join(runsFolder(), "million");
    const file = writeSyntheticRun(folder, { steps: 1_000_000, state: "finished", where: "record" });
    const steps = await new RunReader(folder, file).steps();
    expect(steps.length).toBe(1_000_000);
    expect(steps.column("loss")[500_000 - 1]).toBe(6.5);
    expect(steps.at(-1)).toMatchObject({ step: 1_000_000, loss: 6, learningRate: 1e-4, stepTimeMs: 571 });
  });

  it("200,000 steps that stand only in the log of a lost run are found, without a RangeError", async () => {
    const folder = runsFolder();
    writeSyntheticRun(join(folder, "lost"), { steps: 200_000, state: "training", where: "log" });
    const found = await openAlone(folder, "lost");
    expect(found.status).toMatchObject({ state: "lost", step: 200_000, loss: 4.25 });
    expect(found.openMs).toBeLessThan(8000);
    expect(found.peak).toBeLessThan(200);
    expect(found.lookMs).toBeLessThan(600);
  });
});

it("a thousand runs are listed in about a second, the damaged ones with what is wrong", async () => {
  const folder = runsFolder();
  for (let index = 0; index < 1000; index += 1)
    writeSyntheticRun(join(folder, `run-${index}`), { steps: 50, state: "finished", where: "record" });
  mkdirSync(join(folder, "broken"));
  writeFileSync(join(folder, "broken", "run.json"), "{");
  const before = process.cpuUsage();
  const list = await listRuns({ folder });
  const { user, system } = process.cpuUsage(before);
  expect(list).toHaveLength(1000);
  expect(list[displayKey]()["text/plain"]).toMatch(/1,?001 runs in/);
  // The promise is one second on an idle core; a busy machine counts more for the same work.
  expect((user + system) / 1e6).toBeLessThan(6);
});
