import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runPaths } from "../../src/run/record/layout.js";
import type { RunFile } from "../../src/run/record/run-file.js";
import { encodeStep } from "../../src/run/record/step-table.js";

export interface SyntheticRun {
  readonly steps: number;
  /** State that its supervisor wrote last; a run that is still training has no living supervisor. */
  readonly state: "finished" | "training";
  /** Where the steps are: recorded, or only in the log of the worker. */
  readonly where: "record" | "log";
}

const stamp = (step: number) => {
  const time = new Date(Date.UTC(2026, 10, 28) + step * 1000).toISOString();
  return `${time.slice(0, 10)} ${time.slice(11, 19)},${time.slice(20, 23)}`;
};

/** Lines that MindFormers writes for one step. */
export function stepLines(step: number, total: number): string {
  const head = `${stamp(step)} - mindformers/output/log[core/callback/callback.py:540] - INFO -`;
  const losses = "loss: 4.250000, lm_loss: 4.200000, ";
  const rest = "per_step_time: 571ms, lr: 1.e-04, overflow cond: False, loss_scale: 1.0, global_norm: [1.2693821]";
  return (
    `${head} { Epoch:[  1/  1], step:[${String(step).padStart(5)}/${String(total).padStart(5)}], ${losses}${rest}\n` +
    `${head}  50.0% |█████████████████████████                         | 34.86131 samples/s/p  0:00:08 }\n`
  );
}

/** Makes a run folder of one worker as if such a run had been there. */
export function writeSyntheticRun(folder: string, { steps, state, where }: SyntheticRun): RunFile {
  const paths = runPaths(folder);
  const logs = paths.logs(1, 0);
  for (const place of [paths.events, paths.metrics, paths.control, logs]) mkdirSync(place, { recursive: true });
  const argv = ["/nowhere/msrun", "--worker_num=1", "--local_worker_num=1"];
  const file: RunFile = {
    ...{ layout: 2, id: folder, name: folder.split("/").at(-1) ?? "", folder, worldSize: 1, createdAt: 1000 },
    ...{ attempt: 1, host: "here", fingerprint: "f", totalSteps: steps, tokensPerStep: 256, lossRank: 0, localNode: 0 },
    ...{ commands: [{ node: "here", nodeRank: 0, argv, environment: {} }], cluster: {}, versions: {} },
  };
  writeFileSync(paths.runFile, JSON.stringify(file));
  const supervisor = { pid: 1, startTicks: 1, host: "000000", place: "0".repeat(12) };
  const events = [
    { kind: "state", time: 1000, attempt: 1, state: "starting", supervisor },
    { kind: "state", time: 2000, attempt: 1, state },
  ];
  writeFileSync(join(paths.events, "supervisor-1.jsonl"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  const records = Buffer.alloc(where === "record" ? steps * 96 : 0);
  if (where === "record")
    for (let step = 1; step <= steps; step += 1) {
      const more = { totalSteps: steps, epoch: 1, gradNorm: 1.25, learningRate: 1e-4, stepTimeMs: 571 };
      encodeStep({ time: step * 1000, attempt: 1, step, loss: 7 - step / steps, ...more }, 0).copy(
        records,
        (step - 1) * 96,
      );
    }
  writeFileSync(join(paths.metrics, "steps-1.bin"), records);
  if (where === "log") {
    const lines = Array.from({ length: steps }, (_, index) => stepLines(index + 1, steps));
    writeFileSync(join(logs, "worker_0.log"), lines.join(""));
  }
  return file;
}
