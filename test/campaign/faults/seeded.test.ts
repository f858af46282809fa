import { truncateSync } from "node:fs";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { Random } from "../../../src/recover/simulate/random.js";
import { runPaths } from "../../../src/run/record/layout.js";
import { readLease } from "../../../src/run/record/lease.js";
import type { Run } from "../../../src/run/run.js";
import { FaultLab, processOf } from "../../support/fault-lab.js";

// Random faults of the real engine, five in each run. REAL_FAULT_SEEDS=10 plays 50; REAL_FAULT_FIRST begins at a seed.
const seeds = Number(process.env.REAL_FAULT_SEEDS ?? 2);
const first = Number(process.env.REAL_FAULT_FIRST ?? 1);
const [steps, every, faultsOfRun] = [200, 20, 5];

const lab = new FaultLab("seeded-faults", inject("compiledGraphs"));
beforeAll(async () => lab.calm(await lab.config(steps, every)), 600_000);
afterAll(() => lab.end());

const kinds = ["worker", "worker", "launcher", "scheduler", "supervisor", "damage", "hang"] as const;
type Kind = (typeof kinds)[number];

/** Faults at rising steps; each strikes after the training has gone on from the one before. */
function faultsOf(seed: number): readonly { kind: Kind; rank: number; step: number }[] {
  const random = new Random(seed);
  return Array.from({ length: faultsOfRun }, (_, index) => ({
    kind: kinds[random.below(kinds.length)] as Kind,
    rank: random.below(2),
    step: 45 + index * 30 + random.below(12),
  }));
}

async function strike(run: Run, { kind, rank }: ReturnType<typeof faultsOf>[number]): Promise<void> {
  if (kind === "supervisor") {
    const lease = await readLease(runPaths(run.folder).lease);
    process.kill(lease?.lease.holder.pid ?? 0, "SIGKILL");
    return;
  }
  if (kind === "damage") {
    const newest = (await openCheckpoints(run.checkpointDir)).latestComplete();
    const file = newest?.files.find((each) => each.rank === rank);
    if (file === undefined) throw new Error(`no file of rank ${rank} in ${newest?.step}`);
    truncateSync(file.path, 1000);
  }
  const role = kind === "launcher" || kind === "scheduler" ? kind : "worker";
  process.kill(
    await processOf(run, role, role === "worker" ? rank : undefined),
    kind === "hang" ? "SIGSTOP" : "SIGKILL",
  );
}

it.each(Array.from({ length: seeds }, (_, index) => first + index))(
  "five random faults, seed %d: the training ends with the losses of an undisturbed one, and no process is left",
  async (seed) => {
    const faults = faultsOf(seed);
    const about = `seed ${seed}: ${JSON.stringify(faults)}`;
    const recovery = { retries: 10, hangAfter: "30s", backoff: { first: "1s", most: "1s" } };
    const run = await lab.launch(`seed-${seed}`, { recovery, config: await lab.config(steps, every) });
    for (const fault of faults) {
      await run.wait({ untilStep: fault.step, timeout: "8m" });
      await strike(run, fault);
      // A step that the fault has not seen, so that the next one can't strike before this one is dealt with.
      await run.wait({ untilStep: fault.step + 15, timeout: "8m" });
    }
    expect(await run.wait({ timeout: "9m" }), about).toMatchObject({ state: "finished", step: steps });
    await lab.close(run, about);
    await lab.expectCalmLosses(run);
  },
);
