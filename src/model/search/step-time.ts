import { tokenWork } from "../flops.js";
import type { Layout } from "../layout/layout.js";
import { bubbleShare } from "../layout/schedule.js";
import type { MemoryOptions } from "../memory/options.js";
import type { StageLayers } from "../memory/stage-layers.js";
import type { StaticGroups } from "../memory/static.js";
import { layersOf, type ModelShape, mtpKind } from "../shape.js";
import type { Hardware } from "./hardware.js";

/** Estimated time of one step, in seconds, by cause; `total` is their sum. */
export interface StepTime {
  /** Matrix products of the slowest stage, recomputation included. */
  readonly compute: number;
  /** Idle time while the pipeline fills and drains. */
  readonly bubble: number;
  readonly tensor: number;
  readonly expert: number;
  readonly context: number;
  /** Gradients (and gathered weights) among replicas, beyond what overlaps the backward pass. */
  readonly data: number;
  /** Transfers between stages. */
  readonly pipeline: number;
  readonly total: number;
}

/** Work and traffic of one layer of each kind; made once per model. */
export interface WorkModel {
  readonly shape: ModelShape;
  /** FLOPs per token, forward and backward. */
  readonly layer: { readonly dense: number; readonly expert: number };
  readonly output: number;
  readonly mtp: number;
  /** Values of key and value of a token, which context parallelism gathers. */
  readonly keyValue: number;
}

export function workModel(shape: ModelShape): WorkModel {
  const work = tokenWork(shape);
  const layers = layersOf(shape);
  const all = layers.dense + layers.expert + shape.mtpLayers;
  const mtpExpert = mtpKind(shape) === "expert" ? shape.mtpLayers : 0;
  const attention = all === 0 ? 0 : work.attention / all;
  const share = (total: number, count: number): number => (count === 0 ? 0 : total / count);
  const dense = attention + share(work.dense, layers.dense + shape.mtpLayers - mtpExpert);
  const expert = attention + share(work.experts, layers.expert + mtpExpert);
  const a = shape.attention;
  const keyValue =
    a.kind === "grouped"
      ? 2 * a.keyValueHeads * a.headDimension
      : a.heads * (a.nopeDimension + a.ropeDimension + a.valueDimension);
  const ofMtp = mtpExpert > 0 ? expert : dense;
  return {
    shape,
    layer: { dense, expert },
    output: work.output / (1 + shape.mtpLayers),
    mtp: shape.mtpLayers * (ofMtp + work.output / (1 + shape.mtpLayers)) + work.mtp,
    keyValue,
  };
}

/** Seconds per byte of a group whose members are `stride` ranks apart: links between nodes as soon as it leaves one. */
function secondsPerByte(size: number, stride: number, hardware: Hardware): number {
  const inside = size * stride <= hardware.devicesPerNode;
  return 1 / ((inside ? hardware.insideNode : hardware.betweenNodes) * hardware.linkEfficiency);
}

/** Seconds per byte of an exchange of all with all: the parts for members in other nodes pass the slower links. */
function exchange(size: number, hardware: Hardware): number {
  const inside = Math.min(size, hardware.devicesPerNode);
  const far = (size - inside) / size / (hardware.betweenNodes * hardware.linkEfficiency);
  return far + (inside - 1) / size / (hardware.insideNode * hardware.linkEfficiency);
}

export interface StepInput {
  readonly work: WorkModel;
  readonly layout: Layout;
  readonly options: MemoryOptions;
  readonly stages: readonly StageLayers[];
  readonly statics: StaticGroups;
  readonly hardware: Hardware;
}

/** Seconds of one micro-batch in one stage. */
export interface StageTime {
  readonly compute: number;
  readonly tensor: number;
  readonly expert: number;
  readonly context: number;
}

/** One micro-batch through one stage, forward and backward. */
function stageTime(input: StepInput, stage: number): StageTime {
  const { work, layout, options, hardware } = input;
  const { tensorParallel: tensor, contextParallel: context, expertParallel: expert } = layout;
  const tokens = (layout.microBatchSize * work.shape.sequence) / context;
  const row = tokens * work.shape.hidden * options.computeBytes;
  let flops = 0;
  let reductions = 0;
  let exchanges = 0;
  let gathers = 0;
  for (const { kind, recompute, times } of input.stages[stage]?.groups ?? []) {
    const again = recompute ? 4 / 3 : 1;
    flops += times * work.layer[kind] * again;
    // Attention and a dense feed-forward part each meet twice (forward, backward), once more if recomputed; experts
    // don't use these groups.
    reductions += times * (kind === "dense" ? 2 : 1) * (recompute ? 3 : 2);
    exchanges += kind === "expert" ? times * (recompute ? 6 : 4) : 0;
    gathers += times * (recompute ? 4 : 3);
  }
  if (stage === layout.pipelineStages - 1) flops += work.output + work.mtp;
  const perToken = work.shape.experts?.perToken ?? 0;
  const parts = layout.sequenceParallel ? tensor : 1;
  return {
    compute: (flops * tokens) / tensor / (hardware.peakFlops * hardware.efficiency),
    tensor: tensor === 1 ? 0 : reductions * row * ((2 * (tensor - 1)) / tensor) * secondsPerByte(tensor, 1, hardware),
    expert: expert === 1 ? 0 : ((exchanges * row * perToken) / parts) * exchange(expert, hardware),
    context:
      context === 1
        ? 0
        : ((gathers * tokens * (context - 1) * work.keyValue * options.computeBytes) / tensor) *
          secondsPerByte(context, tensor, hardware),
  };
}

const busyTime = ({ compute, tensor, expert, context }: StageTime): number => compute + tensor + expert + context;

/** The stage that sets the pace. Independent of optimizer parallelism. */
export function slowestStage(input: StepInput): StageTime {
  let slowest = stageTime(input, 0);
  for (let stage = 1; stage < input.layout.pipelineStages; stage++) {
    const time = stageTime(input, stage);
    if (busyTime(time) > busyTime(slowest)) slowest = time;
  }
  return slowest;
}

/** Bytes of gradients that a device of a stage has to add up with its replicas. */
function reducedBytes({ stages, statics, layout }: StepInput, stage: number): [shared: number, experts: number] {
  let [shared, experts] = [0, 0];
  const add = (group: keyof StaticGroups, times: number): void => {
    shared += times * statics[group].reduced;
    experts += times * statics[group].reducedExperts;
  };
  for (const { kind, times } of stages[stage]?.groups ?? []) add(kind, times);
  if (stage === 0) add("input", 1);
  if (stage === layout.pipelineStages - 1) {
    add("output", 1);
    add("mtp", 1);
  }
  return [shared, experts];
}

function dataTime(input: StepInput): number {
  const { layout, options, hardware } = input;
  const { dataParallel, tensorParallel, contextParallel, expertParallel } = layout;
  const replicas = dataParallel * contextParallel;
  const copies = (replicas * tensorParallel) / expertParallel;
  const perByte = ((2 * (replicas - 1)) / replicas) * secondsPerByte(replicas, tensorParallel, hardware);
  const perExpertByte = ((2 * (copies - 1)) / copies) * secondsPerByte(copies, expertParallel, hardware);
  let slowest = 0;
  for (let stage = 0; stage < layout.pipelineStages; stage++) {
    const [shared, experts] = reducedBytes(input, stage);
    slowest = Math.max(slowest, shared * perByte + experts * perExpertByte);
  }
  // Optimizer parallelism gathers the weights in compute type instead of the second half of the gradients' reduction.
  const gathered = options.optimizerShard === 1 ? 1 : (1 + options.computeBytes / options.parameterBytes) / 2;
  return slowest * gathered * (1 - hardware.overlap);
}

/**
 * Time of one step. A device computes `peakFlops · efficiency`; the slowest stage sets the pace of all micro-batches;
 * the bubble is (p − 1) / v of its times. Traffic: per layer one all-reduce (or its halves with sequence parallelism)
 * for attention and one for a dense feed-forward part in each direction, two exchanges of tokens for experts in each,
 * gathered keys and values for context parallelism; gradients once a step. Rings move 2 · (n − 1) / n of the bytes.
 */
export function stepTime(input: StepInput, slowest: StageTime = slowestStage(input)): StepTime {
  const { layout, hardware, work, options } = input;
  const count = layout.microBatches;
  const busy = busyTime(slowest) * count;
  const share = bubbleShare(layout);
  const bubble = (busy * share) / (1 - share);
  const parts = layout.sequenceParallel ? layout.tensorParallel : 1;
  const row =
    (layout.microBatchSize * work.shape.sequence * work.shape.hidden * options.computeBytes) /
    layout.contextParallel /
    parts;
  const hop = secondsPerByte(2, layout.dataParallel * layout.tensorParallel * layout.contextParallel, hardware);
  const pipeline = layout.pipelineStages === 1 ? 0 : 2 * count * layout.interleave * row * hop;
  const data = dataTime(input);
  const times = {
    compute: slowest.compute * count,
    bubble,
    tensor: slowest.tensor * count,
    expert: slowest.expert * count,
    context: slowest.context * count,
    data,
    pipeline,
  };
  return { ...times, total: busy + bubble + data + pipeline };
}
