import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ParameterLayout } from "../../src/formats/strategy/layout.js";
import { optimizerParts, placeOf, splitsOf } from "../../src/formats/strategy/placement.js";
import { formatStrategy } from "../../src/formats/strategy/write.js";
import type { Dice } from "./random-cases.js";
import { safetensorsFile, type TensorSpec } from "./safetensors-file.js";

/** A model of few tensors with different values in every element. */
export interface SmallModel {
  readonly tensors: ReadonlyMap<string, SmallTensor>;
}

export interface SmallTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** Pipeline layer: −1 stands for the first stage. */
  readonly layer: number;
}

/** A way to spread the model: layouts by stage, each over `devices` ranks. */
export interface SmallLayout {
  readonly devices: number;
  readonly stages: readonly (readonly ParameterLayout[])[];
}

export function smallModel(layers: number): SmallModel {
  const tensors = new Map<string, SmallTensor>();
  let next = 1;
  const add = (name: string, shape: readonly number[], layer: number) => {
    const count = shape.reduce((product, size) => product * size, 1);
    tensors.set(name, { shape, layer, values: Float32Array.from({ length: count }, () => next++) });
  };
  add("embedding.weight", [32, 16], -1);
  for (let layer = 0; layer < layers; layer++) {
    add(`decoder.layers.${layer}.column.weight`, [32, 16], layer);
    add(`decoder.layers.${layer}.row.weight`, [16, 32], layer);
    add(`decoder.layers.${layer}.norm.weight`, [16], layer);
    add(`decoder.layers.${layer}.cube.weight`, [16, 8, 8], layer);
    add(`adam_m.decoder.layers.${layer}.column.weight`, [32, 16], layer);
  }
  return { tensors };
}

/** A random layout with `stages` stages; every split divides. */
export function randomLayout({ tensors }: SmallModel, stages: number, dice: Dice): SmallLayout {
  const matrix = dice.pick([[1], [2], [1, 2], [2, 1], [2, 2], [4, 1], [1, 4], [2, 4], [4, 2], [2, 2, 2], [1, 8]]);
  const devices = matrix.reduce((product, size) => product * size, 1);
  const layers = Math.max(...[...tensors.values()].map(({ layer }) => layer)) + 1;
  const stageOf = (layer: number) => Math.min(stages - 1, Math.floor((Math.max(0, layer) * stages) / layers));
  const lists: ParameterLayout[][] = Array.from({ length: stages }, () => []);
  for (const [name, tensor] of tensors) lists[stageOf(tensor.layer)]?.push(randomParameter(name, tensor, matrix, dice));
  return { devices, stages: lists };
}

function randomParameter(name: string, { shape }: SmallTensor, matrix: readonly number[], dice: Dice): ParameterLayout {
  const free = matrix.map((_, index) => matrix.length - 1 - index);
  const tensorMap = shape.map(() => {
    if (free.length === 0 || dice.chance(0.5)) return -1;
    return free.splice(dice.whole(0, free.length - 1), 1)[0] as number;
  });
  const base = { name, deviceMatrix: matrix, tensorMap, sliceShape: [], indicesOffset: [], field: 0 };
  const plain = { ...base, optimizerShardStep: 0, optimizerShardSize: 0 };
  const splits = splitsOf(plain, shape.length);
  const slice = shape.map((size, axis) => size / (splits[axis] as number));
  return withOptimizerShards({ ...plain, sliceShape: slice }, dice);
}

/**
 * Shards the first dimension over free dimensions of the device matrix, from the right, where MindSpore can read it.
 */
function withOptimizerShards(layout: ParameterLayout, dice: Dice): ParameterLayout {
  const { deviceMatrix, tensorMap, sliceShape } = layout;
  const used = tensorMap.map((at) => deviceMatrix.length - 1 - Number(at));
  const repeated = deviceMatrix
    .map((_, index) => index)
    .filter((index) => !used.includes(index) && (deviceMatrix[index] ?? 1) > 1);
  const last = repeated.at(-1);
  if (last === undefined || dice.chance(0.5)) return layout;
  // MindSpore's tools (not its runtime) take the split dimensions in the order of the tensor, not of the tensor map,
  // if only the first
  // dimension of the device matrix is free.
  const order = used.filter((index) => index < deviceMatrix.length);
  if (order.some((index, at) => index < (order[at - 1] ?? 0))) return layout;
  const size = deviceMatrix[last] as number;
  const step = deviceMatrix.slice(last + 1).reduce((product, each) => product * each, 1);
  const [first = 1, ...rest] = sliceShape;
  if (first % size !== 0) return layout;
  return { ...layout, sliceShape: [first / size, ...rest], optimizerShardStep: step, optimizerShardSize: size };
}

/** Bytes of the slice that a device of the stage holds. */
export function sliceOf({ shape, values }: SmallTensor, layout: ParameterLayout, device: number): TensorSpec {
  const splits = splitsOf(layout, shape.length);
  const slice = shape.map((size, axis) => size / (splits[axis] as number) / (axis === 0 ? optimizerParts(layout) : 1));
  const { offset } = placeOf(layout, device, slice);
  const count = slice.reduce((product, size) => product * size, 1);
  const part = Float32Array.from({ length: count }, (_, index) => {
    let rest = index;
    let at = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = slice[axis] as number;
      at += ((rest % size) + (offset[axis] as number)) * stride;
      rest = Math.floor(rest / size);
      stride *= shape[axis] as number;
    }
    return values[at] as number;
  });
  return { dtype: "F32", shape: slice, data: new Uint8Array(part.buffer) };
}

/** Writes `rank_R/small_rank_R-1_7.safetensors` of every rank and its strategy file. */
export async function saveLayout(folder: string, model: SmallModel, layout: SmallLayout): Promise<void> {
  for (const [stage, layouts] of layout.stages.entries()) {
    for (let device = 0; device < layout.devices; device++) {
      const rank = stage * layout.devices + device;
      const tensors: Record<string, TensorSpec> = {};
      for (const each of layouts) {
        const tensor = model.tensors.get(each.name);
        if (tensor) tensors[each.name] = sliceOf(tensor, each, device);
      }
      const path = join(folder, "checkpoint", `rank_${rank}`, `small_rank_${rank}-1_7.safetensors`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, safetensorsFile(tensors, { metadata: { format: "ms" } }));
      const strategy = join(folder, "strategy", `ckpt_strategy_rank_${rank}.ckpt`);
      await mkdir(dirname(strategy), { recursive: true });
      await writeFile(strategy, formatStrategy(stage, layouts));
    }
  }
}
