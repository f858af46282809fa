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

/** How a run is divided among devices and in time: what memory and step time depend on. */
export interface Layout {
  readonly dataParallel: number;
  /** `model_parallel`. */
  readonly tensorParallel: number;
  readonly pipelineStages: number;
  readonly contextParallel: number;
  /** Lies inside dataParallel · tensorParallel and does not multiply. */
  readonly expertParallel: number;
  /** `use_seq_parallel`: norms and residuals are divided by tensorParallel as well. */
  readonly sequenceParallel: boolean;
  /** Samples of one device in one micro-batch (`batch_size`). */
  readonly microBatchSize: number;
  /** Micro-batches of one step: `micro_batch_num` of a pipeline, `gradient_accumulation_steps` without one. */
  readonly microBatches: number;
  /** Blocks of layers per stage (`pp_interleave_num`; 1 unless `pipeline_interleave` is on). */
  readonly interleave: number;
  readonly schedule: PipelineSchedule;
  /** Layers more or less than layers ÷ (stages · interleave), per block and stage; undefined: none (or spread evenly if that doesn't divide). */
  readonly offset: readonly (readonly number[])[] | undefined;
}

/** One device and no parallelism; to be spread under the values that differ. */
export const singleDevice: Layout = {
  dataParallel: 1,
  tensorParallel: 1,
  pipelineStages: 1,
  contextParallel: 1,
  expertParallel: 1,
  sequenceParallel: false,
  microBatchSize: 1,
  microBatches: 1,
  interleave: 1,
  schedule: "1f1b",
  offset: undefined,
};

/** Devices that the layout needs. */
export function layoutDevices(layout: Layout): number {
  return layout.dataParallel * layout.tensorParallel * layout.pipelineStages * layout.contextParallel;
}

/** Samples of one optimizer step. */
export function layoutBatch(layout: Layout): number {
  return layout.microBatchSize * layout.dataParallel * layout.microBatches;
}

/** Layers of a pipeline: `layers[block][stage]`, in MindFormers' order (all stages of the first block, then the second). */
export type LayerAssignment = readonly (readonly number[])[];

/**
 * Layers of every block and stage, as MindFormers' LayerSetting assigns them: layers ÷ (stages · blocks) rounded down, plus the offset.
 * Without an offset what is left over goes to the later positions but the last, which also carries the output layer: a legal offset then
 * (MindFormers wants the offsets to add up to what is left over).
 */
export function assignLayers(
  layers: number,
  { pipelineStages, interleave, offset }: Pick<Layout, "pipelineStages" | "interleave" | "offset">,
): LayerAssignment {
  const places = pipelineStages * interleave;
  const base = Math.floor(layers / places);
  const spare = offset === undefined ? balancedOffset(layers, pipelineStages, interleave) : offset;
  return Array.from({ length: interleave }, (_, block) =>
    Array.from({ length: pipelineStages }, (_, stage) => base + (spare[block]?.[stage] ?? spare[0]?.[stage] ?? 0)),
  );
}

/** Offsets that add up to what is left over: one more layer at as many positions as needed, the first and last (embedding, output layer) last. */
export function balancedOffset(layers: number, stages: number, blocks: number): number[][] {
  const places = stages * blocks;
  const left = layers % places;
  const start = Math.max(0, Math.min(1, places - 1 - left));
  return Array.from({ length: blocks }, (_, block) =>
    Array.from({ length: stages }, (_, stage) => {
      const place = block * stages + stage;
      return place >= start && place < start + left ? 1 : 0;
    }),
  );
}
