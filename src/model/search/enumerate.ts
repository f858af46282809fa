import { layersOnStages } from "../layout/layers.js";
import { type Layout, singleDevice } from "../layout/layout.js";
import type { Mesh } from "../layout/mesh.js";
import { balancedOffset } from "../layout/offset.js";
import { type ActivationModel, activationModel } from "../memory/activations.js";
import { type MemoryParts, stageMemory } from "../memory/estimate.js";
import type { MemoryOptions, Recompute } from "../memory/options.js";
import { countStages, type StageLayers } from "../memory/stage-layers.js";
import { type StaticGroups, staticGroups, type TensorGroups, tensorGroups } from "../memory/static.js";
import type { ModelShape } from "../shape.js";
import type { Hardware } from "./hardware.js";
import { legalMeshes, microBatchSplits, stagesFit } from "./meshes.js";
import { type StageTime, type StepTime, slowestStage, stepTime, type WorkModel, workModel } from "./step-time.js";

/** One legal layout with its estimates. */
export interface Candidate {
  readonly layout: Layout;
  readonly options: MemoryOptions;
  /** Bytes of the fullest device. */
  readonly memory: number;
  readonly time: StepTime;
}

export interface SearchSpace {
  readonly shape: ModelShape;
  readonly devices: number;
  readonly globalBatch: number;
  /** Largest batch_size to try. */
  readonly largestMicroBatch: number;
  /** What the layouts have in common: number types, optimizer, flash attention … */
  readonly base: MemoryOptions;
  readonly hardware: Hardware;
  /** Bytes. */
  readonly limit: number;
}

/** All legal layouts for a number of devices. */
export interface Enumeration {
  /** Number of legal layouts. */
  readonly legal: number;
  /** Those below the limit. */
  readonly fitting: readonly Candidate[];
  /** The legal layout that needs least memory; undefined if there is none. */
  readonly smallest: Candidate | undefined;
}

const recomputations: readonly Recompute[] = [
  { layers: "none", select: false },
  { layers: "none", select: true },
  { layers: "all", select: false },
];

const blockCounts = [1, 2, 4];

/** What a pipeline of some stages and blocks is made of; the same for all its layouts. */
interface Pipeline {
  readonly stages: number;
  readonly interleave: number;
  readonly offset: number[][];
  /** One list per entry of `recomputations`. */
  readonly layers: readonly StageLayers[][];
}

/** Results that many layouts share, by the values that they depend on. */
class Shared {
  readonly #space: SearchSpace;
  readonly groups: TensorGroups;
  readonly work: WorkModel;
  /** Options per optimizer parallelism (off, all) and recomputation. */
  readonly options: readonly MemoryOptions[][];
  readonly #activations = new Map<number, ActivationModel>();
  readonly #pipelines = new Map<number, Pipeline[]>();

  constructor(space: SearchSpace) {
    this.#space = space;
    this.groups = tensorGroups(space.shape);
    this.work = workModel(space.shape);
    this.options = [1, "all" as const].map((optimizerShard) =>
      recomputations.map((recompute) => ({ ...space.base, optimizerShard, recompute })),
    );
  }

  activations(layout: Layout): ActivationModel {
    // Divisors of the devices and powers of two: far below 2^17 each.
    const key = (layout.tensorParallel * 2 ** 17 + layout.contextParallel) * 2 ** 17 + layout.microBatchSize;
    const known = this.#activations.get(key);
    if (known !== undefined) return known;
    const made = activationModel(this.#space.shape, layout, this.#space.base);
    this.#activations.set(key, made);
    return made;
  }

  /** Every number of blocks that a pipeline of so many stages can have. */
  pipelines(stages: number): Pipeline[] {
    const known = this.#pipelines.get(stages);
    if (known !== undefined) return known;
    const { shape } = this.#space;
    const counts = stages === 1 ? [1] : blockCounts.filter((blocks) => stagesFit(shape, stages, blocks));
    const made = counts.flatMap((interleave): Pipeline[] => {
      const offset = balancedOffset(shape.layerKinds.length, stages, interleave);
      const pipeline = { ...singleDevice, pipelineStages: stages, interleave, offset };
      const layers = layersOnStages(shape.layerKinds.length, pipeline);
      if (layers === undefined) return [];
      return [
        {
          stages,
          interleave,
          offset,
          layers: recomputations.map((recompute) => countStages(shape, layers, recompute)),
        },
      ];
    });
    this.#pipelines.set(stages, made);
    return made;
  }
}

/** Peak memory, or the first stage's that is beyond `enough`: larger ones need not be known exactly. */
function peakMemory(parts: MemoryParts, enough: number): number {
  let peak = 0;
  for (let stage = 0; stage < parts.layout.pipelineStages && peak <= enough; stage++)
    peak = Math.max(peak, stageMemory(parts, stage).total);
  return peak;
}

/** Collects what one mesh gives. */
class Collection {
  readonly fitting: Candidate[] = [];
  legal = 0;
  smallest: Candidate | undefined;
  readonly #space: SearchSpace;
  readonly #shared: Shared;

  constructor(space: SearchSpace) {
    this.#space = space;
    this.#shared = new Shared(space);
  }

  addMesh(mesh: Mesh): void {
    const { globalBatch, largestMicroBatch } = this.#space;
    const splits = microBatchSplits(mesh, globalBatch, largestMicroBatch);
    // Two values each: optimizer parallelism off and on; with one micro-batch, and with more, whose gradients are added
    // up.
    const statics: (StaticGroups | undefined)[] = [];
    for (const [microBatchSize, microBatches] of splits)
      for (const pipeline of this.#shared.pipelines(mesh.pipelineStages)) {
        const { interleave, offset } = pipeline;
        // Blocks take turns evenly only if the micro-batches come in whole rounds of the stages.
        if (interleave > 1 && microBatches % mesh.pipelineStages !== 0) continue;
        const layout: Layout = {
          ...mesh,
          sequenceParallel: mesh.tensorParallel > 1,
          microBatchSize,
          microBatches,
          microBatchInterleave: 1,
          interleave,
          schedule: "1f1b",
          offset,
        };
        this.#addLayout(layout, pipeline, statics);
      }
  }

  #addLayout(layout: Layout, pipeline: Pipeline, statics: (StaticGroups | undefined)[]): void {
    const { shape, hardware, devices, limit } = this.#space;
    const activations = this.#shared.activations(layout);
    const shards = devices === layout.pipelineStages ? 1 : 2;
    for (const [index, stages] of pipeline.layers.entries()) {
      let slowest: StageTime | undefined;
      for (let shard = 0; shard < shards; shard++) {
        const options = this.#shared.options[shard]?.[index];
        if (options === undefined) continue;
        const slot = 2 * shard + (layout.microBatches > 1 ? 1 : 0);
        statics[slot] ??= staticGroups(this.#shared.groups, layout, options);
        const parts = { shape, layout, options, statics: statics[slot], activations, stages };
        this.legal += 1;
        const least = this.smallest?.memory ?? Number.POSITIVE_INFINITY;
        const memory = peakMemory(parts, Math.max(limit, least));
        if (memory > limit && memory >= least) continue;
        const input = { work: this.#shared.work, layout, options, stages, statics: statics[slot], hardware };
        slowest ??= slowestStage(input);
        this.#take({ layout, options, memory, time: stepTime(input, slowest) });
      }
    }
  }

  #take(candidate: Candidate): void {
    if (candidate.memory < (this.smallest?.memory ?? Number.POSITIVE_INFINITY)) this.smallest = candidate;
    if (candidate.memory <= this.#space.limit) this.fitting.push(candidate);
  }
}

/**
 * Every legal layout: mesh, micro-batches, blocks per stage, optimizer parallelism (off, all equal devices),
 * recomputation (none, select, all).
 */
export function enumerateLayouts(space: SearchSpace): Enumeration {
  const found = new Collection(space);
  for (const mesh of legalMeshes(space.shape, space.devices)) found.addMesh(mesh);
  found.fitting.sort((a, b) => a.time.total - b.time.total || a.memory - b.memory);
  return { legal: found.legal, fitting: found.fitting, smallest: found.smallest };
}

/** Layouts than which none is both faster and smaller, fastest first; from candidates sorted by time. */
export function paretoFront(sorted: readonly Candidate[]): Candidate[] {
  const front: Candidate[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of sorted) {
    if (candidate.memory >= least) continue;
    least = candidate.memory;
    front.push(candidate);
  }
  return front;
}
