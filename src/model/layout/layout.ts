import type { Mesh } from "./mesh.js";
import type { Offset } from "./offset.js";

/** How a pipeline orders its micro-batches (`parallel.pipeline_config.pipeline_scheduler`). */
export type PipelineSchedule = "1f1b" | "gpipe" | "seqpipe" | "seqvpp" | "seqsmartvpp" | "zero_bubble_v";

export const pipelineSchedules: readonly PipelineSchedule[] = [
  "1f1b",
  "gpipe",
  "seqpipe",
  "seqvpp",
  "seqsmartvpp",
  "zero_bubble_v",
];

/** How a run is split over devices and time; memory and step time depend on it. */
export interface Layout extends Mesh {
  /** `use_seq_parallel`: tensorParallel also splits norms and residuals. */
  readonly sequenceParallel: boolean;
  /** Samples of one device in one micro-batch (`batch_size`). */
  readonly microBatchSize: number;
  /** Micro-batches of one step: `micro_batch_num` of a pipeline, `gradient_accumulation_steps` without one. */
  readonly microBatches: number;
  /** Micro-batches that a device works on in turn (`micro_batch_interleave_num`). */
  readonly microBatchInterleave: number;
  /** Blocks of layers per stage (`pp_interleave_num`; 1 unless `pipeline_interleave` is on). */
  readonly interleave: number;
  readonly schedule: PipelineSchedule;
  /**
   * Layers more or less than layers ÷ (stages · blocks), as `model_config.offset` has them; undefined: the remainder is
   * spread evenly.
   */
  readonly offset: Offset | undefined;
}

/** One device and no parallelism; spread it and override what differs: `{ ...singleDevice, tensorParallel: 2 }`. */
export const singleDevice: Layout = {
  dataParallel: 1,
  tensorParallel: 1,
  pipelineStages: 1,
  contextParallel: 1,
  expertParallel: 1,
  semiAuto: true,
  sequenceParallel: false,
  microBatchSize: 1,
  microBatches: 1,
  microBatchInterleave: 1,
  interleave: 1,
  schedule: "1f1b",
  offset: undefined,
};
