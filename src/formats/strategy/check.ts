import { ProtobufProblem } from "../protobuf.js";
import type { ParameterLayout, StrategyFile } from "./layout.js";

/** A strategy file of its parts; names that all begin with a stage mark a merged one. */
export function finished(layouts: readonly ParameterLayout[], stage: number): StrategyFile {
  const merged = layouts.length > 0 && layouts.every(({ name }) => /^\d{1,5}-/.test(name));
  return { stage, merged, layouts };
}

/** @throws ProtobufProblem if the numbers describe no layout. */
export function checkLayout(
  { deviceMatrix, tensorMap, sliceShape }: Pick<ParameterLayout, "deviceMatrix" | "tensorMap" | "sliceShape">,
  offset: number,
): void {
  const devices = deviceMatrix.reduce((product, size) => product * size, 1);
  if (deviceMatrix.some((size) => !Number.isSafeInteger(size) || size < 1) || devices > 2 ** 24) {
    throw new ProtobufProblem(offset, `dev_matrix: expected sizes from 1 on, found ${deviceMatrix.join(", ")}`);
  }
  const wrong = tensorMap.flat().find((at) => !Number.isSafeInteger(at) || at < -1 || at >= deviceMatrix.length);
  if (wrong !== undefined) {
    throw new ProtobufProblem(offset, `tensor_map: expected −1 to ${deviceMatrix.length - 1}, found ${wrong}`);
  }
  if (sliceShape.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw new ProtobufProblem(offset, `param_split_shape: expected sizes from 0 on, found ${sliceShape.join(", ")}`);
  }
}
