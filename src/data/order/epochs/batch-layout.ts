import type { Config } from "../../../config/config.js";
import { shownValue } from "../../../core/arguments.js";
import { LabError } from "../../../core/error.js";
import type { Mesh } from "../../../model/layout/mesh.js";
import { positive } from "../../../model/read-value.js";

/** The facts of a plan that decide which rank reads what; `planRun` returns them. */
export interface OrderPlan {
  readonly config: Config;
  readonly mesh: Mesh;
  /** Samples of one optimizer step. */
  readonly globalBatchSize: number;
  readonly cluster: { readonly devices: number };
}

/** How the samples of a step are dealt out. */
export interface BatchLayout {
  readonly ranks: number;
  readonly globalBatch: number;
  /** Parts that the data loader deals the samples to in turn: sample k goes to shard k mod shards. */
  readonly shards: number;
  /** Samples of a step that a rank trains on. */
  readonly perRank: number;
  /** Consecutive samples of a rank that go through the model together. */
  readonly microBatch: number;
  /** Epochs of the run. */
  readonly epochs: number;
  /** Data-parallel index of a rank: ranks of one index (tensor, context, pipeline) work on the same samples. */
  replicaOf(rank: number): number;
  /**
   * False if the engine gives this rank constant ones instead (another rank of its group passes the real samples on).
   */
  loads(rank: number): boolean;
}

/**
 * The layout of MindFormers' trainer and BaseDataset: without semi-automatic parallelism every rank is a shard; with
 * it, shard = (rank mod ranks of a stage) ÷ (ranks of a stage ÷ data_parallel). The trainer sets full_batch to False
 * for this loader, whatever the file says.
 */
export function batchLayout({ config, mesh, globalBatchSize, cluster }: OrderPlan): BatchLayout {
  const get = (path: string): unknown => config.get(path);
  const ranks = cluster.devices;
  const replicas = mesh.semiAuto ? mesh.dataParallel : ranks;
  const perStage = mesh.semiAuto ? Math.max(1, Math.floor(ranks / mesh.pipelineStages)) : ranks;
  const group = Math.max(1, Math.floor(perStage / replicas));
  const level = Number(get("context.dataset_broadcast_opt_level") ?? 3);
  return {
    ranks,
    globalBatch: globalBatchSize,
    shards: replicas,
    perRank: Math.floor(globalBatchSize / replicas),
    microBatch: positive(get, "runner_config.batch_size"),
    epochs: positive(get, "runner_config.epochs"),
    replicaOf: (rank) => Math.floor((rank % perStage) / group),
    loads: (rank) => !mesh.semiAuto || loadsReal(rank, { perStage, group, stages: mesh.pipelineStages, level }),
  };
}

/** MindFormers' `is_dataset_built_on_rank`. */
function loadsReal(
  rank: number,
  { perStage, group, stages, level }: { perStage: number; group: number; stages: number; level: number },
): boolean {
  const stage = Math.floor(rank / perStage);
  const middle = stage > 0 && stage < stages - 1;
  return !(middle && (level === 3 || level === 1)) && !(rank % group !== 0 && (level === 3 || level === 2));
}

/**
 * Steps of one epoch: each shard has ⌈samples ÷ shards⌉ samples, what does not fill a batch is dropped, and the
 * trainer stops at `sizes[0]` ÷ global batch.
 */
export function stepsPerEpoch(layout: BatchLayout, samples: number, asked: number | undefined): number {
  const batches = Math.floor(Math.ceil(samples / layout.shards) / layout.perRank);
  return asked === undefined ? batches : Math.min(batches, Math.floor(asked / layout.globalBatch));
}

/**
 * Numbers of the samples that a rank trains on at a step of an epoch (both from 0), in the order of its batch. Where
 * the samples don't divide evenly, the last shards begin again with the first samples.
 */
export function samplesOfStep(
  { shards, perRank, replicaOf }: BatchLayout,
  samples: number,
  { step, rank }: { readonly step: number; readonly rank: number },
): number[] {
  const replica = replicaOf(rank);
  return Array.from({ length: perRank }, (_, j) => ((step * perRank + j) * shards + replica) % samples);
}

/** Where a sample is read within an epoch; undefined if it lies behind the last full batch. */
export function stepOfSample(
  { shards, perRank }: BatchLayout,
  sample: number,
  steps: number,
): { readonly step: number; readonly replica: number } | undefined {
  const step = Math.floor(Math.floor(sample / shards) / perRank);
  return step < steps ? { step, replica: sample % shards } : undefined;
}

/** Throws ARGUMENT_INVALID for a rank or a step that the run has not. */
export function requirePlace(
  layout: BatchLayout,
  { step, rank, steps }: { readonly step: number; readonly rank: number; readonly steps: number },
): void {
  const total = steps * layout.epochs;
  const wrong = (what: string, hint: string) => new LabError("ARGUMENT_INVALID", what, { hint });
  if (!Number.isInteger(rank) || rank < 0 || rank >= layout.ranks)
    throw wrong(
      `rank: expected 0 to ${layout.ranks - 1}, found ${shownValue(rank)}`,
      "write for example await order.step(1, { rank: 0 })",
    );
  if (!Number.isInteger(step) || step < 1 || step > total) {
    const sum = `${steps} steps × ${layout.epochs} epochs = ${total}`;
    throw wrong(
      `step: expected 1 to ${total} (${sum}), found ${shownValue(step)}`,
      "write for example await order.step(1, { rank: 0 })",
    );
  }
}
