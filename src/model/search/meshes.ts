import type { Mesh } from "../layout/mesh.js";
import type { ModelShape } from "../shape.js";

/** Divisors of a whole number, ascending. */
export function divisors(value: number): number[] {
  const low: number[] = [];
  const high: number[] = [];
  for (let d = 1; d * d <= value; d++) {
    if (value % d !== 0) continue;
    low.push(d);
    if (d * d !== value) high.push(value / d);
  }
  return [...low, ...high.reverse()];
}

/**
 * Why a size of model_parallel can't be: undefined if it can. Every device gets whole heads, and equal parts of
 * vocabulary and feed-forward width.
 */
export function tensorFault(shape: ModelShape, tensor: number): string | undefined {
  const a = shape.attention;
  const parts: [string, number][] = [
    ["attention heads", a.heads],
    ["key and value heads", a.kind === "grouped" ? a.keyValueHeads : a.heads],
    ["hidden size", shape.hidden],
    ["vocabulary", shape.vocabulary],
    ["feed-forward width", shape.feedForward],
    ["sequence (with sequence parallelism)", shape.sequence],
  ];
  const bad = parts.find(([, size]) => size % tensor !== 0);
  return bad === undefined ? undefined : `${bad[0]} ${bad[1]} / ${tensor} leaves ${bad[1] % tensor}`;
}

/** Stages that a pipeline can have: every stage and block at least one layer. */
export function stagesFit(shape: ModelShape, stages: number, blocks: number): boolean {
  return stages * blocks <= shape.layerKinds.length;
}

/**
 * Every legal mesh for a number of devices: dataParallel · tensorParallel · pipelineStages · contextParallel = devices;
 * whole heads, equal parts of vocabulary, feed-forward width and sequence; at least one layer per stage; expertParallel
 * divides the experts and dataParallel · tensorParallel.
 */
export function legalMeshes(shape: ModelShape, devices: number): Mesh[] {
  const sizes = divisors(devices);
  const tensors = sizes.filter((tensor) => tensorFault(shape, tensor) === undefined);
  const experts = shape.experts === undefined ? [1] : divisors(shape.experts.experts);
  const meshes: Mesh[] = [];
  for (const tensorParallel of tensors)
    for (const pipelineStages of divisors(devices / tensorParallel)) {
      if (!stagesFit(shape, pipelineStages, 1)) continue;
      for (const contextParallel of divisors(devices / tensorParallel / pipelineStages)) {
        // Ring attention exchanges halves of every part; sequence parallelism divides what is left.
        const parts = contextParallel * tensorParallel * (contextParallel > 1 ? 2 : 1);
        if (shape.sequence % parts !== 0) continue;
        const dataParallel = devices / tensorParallel / pipelineStages / contextParallel;
        for (const expertParallel of experts)
          if ((dataParallel * tensorParallel) % expertParallel === 0)
            meshes.push({
              dataParallel,
              tensorParallel,
              pipelineStages,
              contextParallel,
              expertParallel,
              semiAuto: true,
            });
      }
    }
  return meshes;
}

/**
 * Micro-batches for a global batch: micro-batch sizes 1, 2, 4, …, each with the number of micro-batches that it leaves.
 */
export function microBatchSplits(mesh: Mesh, globalBatch: number, largest: number): [size: number, count: number][] {
  if (globalBatch % mesh.dataParallel !== 0) return [];
  const perReplica = globalBatch / mesh.dataParallel;
  const splits: [number, number][] = [];
  for (let size = 1; size <= Math.min(largest, perReplica); size *= 2) {
    if (perReplica % size !== 0) continue;
    const count = perReplica / size;
    if (mesh.pipelineStages === 1 || count >= mesh.pipelineStages) splits.push([size, count]);
  }
  return splits;
}
