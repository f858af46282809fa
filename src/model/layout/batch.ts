import { positive, type ReadValue } from "../read-value.js";
import { readMesh } from "./mesh.js";

/** How a global batch comes about and how long a run is; formulas of MindFormers' trainer. */
export interface BatchSettings {
  /** `runner_config.batch_size`: samples of one device in one micro-batch. */
  readonly batchSize: number;
  readonly dataParallel: number;
  readonly pipelineStages: number;
  readonly microBatches: number;
  readonly microBatchInterleave: number;
  readonly gradientAccumulation: number;
  readonly devices: number;
  /** False in the modes data_parallel and stand-alone, where every device is a data-parallel one. */
  readonly semiAuto: boolean;
}

/** Samples of one optimizer step, with the product as text. */
export function globalBatch(b: BatchSettings): { readonly size: number; readonly arithmetic: string } {
  const factors: [string, number][] = [["batch_size", b.batchSize]];
  if (!b.semiAuto) factors.push(["devices", b.devices], ["gradient_accumulation_steps", b.gradientAccumulation]);
  else if (b.pipelineStages > 1)
    factors.push(
      ["data_parallel", b.dataParallel],
      ["micro_batch_num", b.microBatches],
      ["micro_batch_interleave_num", b.microBatchInterleave],
    );
  else
    factors.push(
      ["data_parallel", b.dataParallel],
      ["micro_batch_interleave_num", b.microBatchInterleave],
      ["gradient_accumulation_steps", b.gradientAccumulation],
    );
  const shown = factors.filter(([, value], index) => index < 2 || value !== 1);
  const size = factors.reduce((product, [, value]) => product * value, 1);
  return { size, arithmetic: `${shown.map(([name, value]) => `${name} ${value}`).join(" · ")} = ${size}` };
}

/** The global batch of a configuration; without semi-automatic parallelism it depends on the number of devices (default: data_parallel). */
export function globalBatchOf(
  get: ReadValue,
  devices?: number,
): { readonly size: number; readonly arithmetic: string } {
  const mesh = readMesh(get);
  return globalBatch({
    batchSize: positive(get, "runner_config.batch_size"),
    dataParallel: mesh.dataParallel,
    pipelineStages: mesh.pipelineStages,
    microBatches: positive(get, "parallel_config.micro_batch_num"),
    microBatchInterleave: positive(get, "micro_batch_interleave_num"),
    gradientAccumulation: positive(get, "runner_config.gradient_accumulation_steps"),
    devices: devices ?? mesh.dataParallel,
    semiAuto: mesh.semiAuto,
  });
}

export interface Schedule {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
}

/** Steps of a run over `samples` training samples; what does not fill a batch is dropped. `stopStep` > 0 ends the run early. */
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
