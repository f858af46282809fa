import type { ReadValue } from "../read-value.js";
import type { Layout } from "./layout.js";
import { readLayout } from "./read-layout.js";

/** Samples of one optimizer step and the product that gives them. */
export interface GlobalBatch {
  readonly size: number;
  /** For example "batch_size 1 · data_parallel 2 · micro_batch_num 4 = 8". */
  readonly arithmetic: string;
}

/** Samples of one optimizer step; the formula of MindFormers' trainer. */
export function globalBatch(layout: Layout): GlobalBatch {
  const replicas = [layout.semiAuto ? "data_parallel" : "devices", layout.dataParallel] as const;
  const interleave = ["micro_batch_interleave_num", layout.microBatchInterleave] as const;
  const steps =
    layout.pipelineStages > 1
      ? [["micro_batch_num", layout.microBatches] as const, interleave]
      : [interleave, ["gradient_accumulation_steps", layout.microBatches] as const];
  const factors = [["batch_size", layout.microBatchSize] as const, replicas, ...steps];
  const shown = factors.filter(([, value], index) => index < 2 || value !== 1);
  const size = factors.reduce((product, [, value]) => product * value, 1);
  return { size, arithmetic: `${shown.map(([name, value]) => `${name} ${value}`).join(" · ")} = ${size}` };
}

/**
 * The global batch of a configuration; without semi-automatic parallelism it depends on the number of devices (default:
 * data_parallel).
 */
export function globalBatchOf(get: ReadValue, devices?: number): GlobalBatch {
  return globalBatch(readLayout(get, devices));
}

/** How long a run is. */
export interface Schedule {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
}

/**
 * Steps of a run over `samples` training samples; what does not fill a batch is dropped. `stopStep` > 0 ends the run
 * early.
 */
export function schedule(run: {
  samples: number;
  globalBatchSize: number;
  epochs: number;
  stopStep: number;
}): Schedule {
  const stepsPerEpoch = Math.floor(run.samples / run.globalBatchSize);
  const all = stepsPerEpoch * run.epochs;
  return { stepsPerEpoch, totalSteps: run.stopStep > 0 ? Math.min(run.stopStep, all) : all };
}
