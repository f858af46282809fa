import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isLabError } from "../../../../src/core/error.js";
import { markedProcesses } from "../../../../src/core/liveness/process-table.js";
import { Random } from "../../../../src/recover/simulate/random.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { openRun } from "../../../../src/run/open.js";
import type { Run } from "../../../../src/run/run.js";
import { fakePlan, runsFolder } from "../../../support/fake-plan.js";

// FAULT_SEEDS=250 plays about 1,000 faults; FAULT_FIRST=126 begins at that seed.
const seeds = Number(process.env.FAULT_SEEDS ?? 3);
const firstSeed = Number(process.env.FAULT_FIRST ?? 1);
const kinds = ["SIGKILL", "SIGKILL", "cut-save", "damage", "nan", "SIGSTOP"] as const;

/** Three to five faults at different steps. The loss is that of rank 0, so only its NaN can be seen. */
function faultsOf(seed: number) {
  const random = new Random(seed);
  return Array.from({ length: 3 + random.below(3) }, (_, index) => {
    const how = kinds[random.below(kinds.length)] as (typeof kinds)[number];
    return { rank: how === "nan" ? 0 : random.below(2), step: 25 + index * 15 + random.below(10), how };
  });
}

function calmLosses(): number[] {
  let weights = 0;
  return Array.from({ length: 100 }, (_, index) => {
    weights = weights * 0.97 + Math.sin((index + 1) * 1.7) + (index + 1) / 1000;
    return Number((9 - Math.log(index + 1) + weights / 50).toFixed(6));
  });
}

/**
 * True if a fault may cut off the newest checkpoint while it is the only one: nothing is left to go on from. Whether
 * the checkpoint of the fault's own step is there already depends on the moment.
 */
function mayLoseOnlyPoint(faults: ReturnType<typeof faultsOf>): boolean {
  return faults.some(({ how, step }) => how === "damage" && step <= 40);
}

/** Refused for want of a checkpoint, or ended with the losses of an undisturbed run. */
async function expectCalmOrRefused(run: Run, about: string): Promise<void> {
  const end = await run.wait({ timeout: "4m" }).catch((error: unknown) => error);
  if (!isLabError(end)) return expectCalm(run, about);
  expect(end.code, about).toBe("RUN_FAILED");
  const { decision, reason } = (await run.decisions()).at(-1) ?? {};
  expect(decision, about).toBe("stop");
  expect(reason, about).toMatch(/none of \d checkpoints can be used/);
}

async function expectCalm(run: Run, about: string): Promise<void> {
  expect((await run.wait({ timeout: "4m" })).state, about).toBe("finished");
  const losses = (await run.steps()).map(({ loss }) => loss);
  expect(losses, about).toEqual(calmLosses());
}

/** Hangs that were found, each with whether the rank was named that the script stopped there. */
async function hangsOf(run: Run, faults: ReturnType<typeof faultsOf>): Promise<boolean[]> {
  const hangs = (await run.decisions()).flatMap(({ finding }) => (finding?.kind === "hang" ? [finding] : []));
  const stops = faults.filter(({ how }) => how === "SIGSTOP");
  // The peer may run ten steps ahead.
  return hangs.map(({ rank, step }) => stops.some((stop) => stop.rank === rank && Math.abs(stop.step - step) <= 12));
}

it(
  "seeded faults: a run ends with the losses of an undisturbed one, or refuses its only checkpoint; no process is left",
  async () => {
    const named: boolean[] = [];
    for (let seed = firstSeed; seed <= seeds; seed += 1) {
      const folder = runsFolder();
      const faults = faultsOf(seed);
      const script = join(folder, "faults.json");
      writeFileSync(script, JSON.stringify(faults));
      const environment = { FAKE_STATE: "1", FAKE_SAVE_EVERY: "20", FAKE_FAULTS: script };
      const recovery = { retries: 8, hangAfter: "4s", backoff: { first: 1, most: 1 } };
      const name = `seed-${seed}`;
      const launch = launchRun(fakePlan({ steps: 100, environment }), { name, folder, recovery });
      // On a busy machine a run may be refused before it was seen to train.
      const run = await launch.catch(() => openRun(name, { folder }));
      const about = `seed ${seed}: ${JSON.stringify(faults)}`;
      await (mayLoseOnlyPoint(faults) ? expectCalmOrRefused(run, about) : expectCalm(run, about));
      expect(await markedProcesses("MF_LAB_RUN", run.folder), about).toEqual([]);
      named.push(...(await hangsOf(run, faults)));
    }
    expect(named.filter(Boolean).length, `ranks named in ${named.length} hangs`).toBeGreaterThanOrEqual(
      0.95 * named.length,
    );
  },
  400_000 * Math.max(1, seeds / 3),
);
