import type { ParameterLayout } from "./layout.js";

/** Where a slice lies in the whole tensor. */
export interface Placement {
  readonly offset: readonly number[];
  readonly shape: readonly number[];
  readonly globalShape: readonly number[];
}

/** Ranks of one pipeline stage. */
export function devicesOf({ deviceMatrix }: ParameterLayout): number {
  return deviceMatrix.reduce((product, size) => product * size, 1);
}

/** Parts that each dimension is split into by the device matrix, without optimizer sharding. */
export function splitsOf(layout: ParameterLayout, dimensions = layout.tensorMap.length): number[] {
  const { deviceMatrix, tensorMap } = layout;
  return Array.from({ length: dimensions }, (_, axis) =>
    listOf(tensorMap[axis]).reduce((product, at) => product * (deviceMatrix[deviceMatrix.length - 1 - at] ?? 1), 1),
  );
}

function listOf(map: number | readonly number[] | undefined): readonly number[] {
  const list = map === undefined ? [] : typeof map === "number" ? [map] : map;
  return list.filter((at) => at >= 0);
}

/** Parts that optimizer sharding splits the first dimension into; 1 without it. */
export function optimizerParts(layout: ParameterLayout): number {
  const { optimizerShardSize: size, optimizerShardStep: step } = layout;
  if (size === 0 || step === 0) return 1;
  const replicas = devicesOf(layout) / splitsOf(layout).reduce((product, parts) => product * parts, 1);
  return size < 0 ? replicas : Math.min(size, replicas);
}

/**
 * The slice that a rank of the stage (counted from the stage's first) holds. `sliceShape` is its shape as stored; the
 * whole tensor is the
 * slice times the splits, and on the first dimension times the parts of optimizer sharding.
 * Coordinates are row-major over the device matrix; replicas share the first dimension by their order (MindSpore's
 * `_construct_tensor_layout_for_opt_shard`: the rightmost free dimensions first).
 */
export function placeOf(layout: ParameterLayout, rankInStage: number, sliceShape: readonly number[]): Placement {
  const { deviceMatrix, tensorMap } = layout;
  const coordinates = coordinatesOf(deviceMatrix, rankInStage);
  const splits = splitsOf(layout, sliceShape.length);
  const parts = optimizerParts(layout);
  const used = new Set(tensorMap.flatMap(listOf).map((at) => deviceMatrix.length - 1 - at));
  const replica = deviceMatrix.reduce(
    (index, size, at) => (used.has(at) ? index : index * size + (coordinates[at] ?? 0)),
    0,
  );
  const globalShape = sliceShape.map((size, axis) => size * (splits[axis] ?? 1) * (axis === 0 ? parts : 1));
  const offset = sliceShape.map((size, axis) => {
    const index = listOf(tensorMap[axis]).reduce((before, at) => {
      const dimension = deviceMatrix.length - 1 - at;
      return before * (deviceMatrix[dimension] ?? 1) + (coordinates[dimension] ?? 0);
    }, 0);
    return axis === 0 ? (index * parts + (replica % parts)) * size : index * size;
  });
  return { offset, shape: sliceShape, globalShape };
}

/** Row-major coordinates of a rank in the device matrix. */
export function coordinatesOf(deviceMatrix: readonly number[], rank: number): number[] {
  const coordinates: number[] = [];
  let rest = rank;
  for (const size of [...deviceMatrix].reverse()) {
    coordinates.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return coordinates;
}
