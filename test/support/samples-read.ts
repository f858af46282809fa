import { readFile } from "node:fs/promises";
import { openConfig } from "../../src/config/open.js";
import { openDataOrder } from "../../src/data/order/data-order.js";
import { planRun } from "../../src/plan/plan-run.js";
import { runPaths } from "../../src/run/record/layout.js";
import type { Run } from "../../src/run/run.js";

/** The samples that a run of so many CPU workers reads in some steps, by their numbers, sorted. */
export async function samplesRead(run: Run, workers: number, [first, last]: readonly [number, number]) {
  const config = await openConfig(await readFile(runPaths(run.folder).config, "utf8"));
  const plan = await planRun(config, { cluster: { device: "CPU", devicesPerNode: workers } });
  const order = await openDataOrder({ plan });
  const read: number[] = [];
  for (let step = first; step <= last; step += 1)
    for (let rank = 0; rank < workers; rank += 1)
      read.push(...(await order.step(step, { rank })).samples.map(({ sample }) => sample));
  return read.sort((a, b) => a - b);
}
