import { lengthField, numberField } from "../protobuf.js";
import type { ParameterLayout } from "./layout.js";

/**
 * Bytes of a strategy file of one pipeline stage as MindSpore writes it; one operator per parameter stands for the
 * graph.
 */
export function formatStrategy(stage: number, layouts: readonly ParameterLayout[]): Uint8Array {
  const operators = layouts.map(({ name, deviceMatrix }) => {
    const strategys = Buffer.concat([numberField(1, stage), lengthField(2, dims(deviceMatrix))]);
    return lengthField(2, Buffer.concat([lengthField(1, `Parameter-${name}`), lengthField(2, strategys)]));
  });
  return Buffer.concat([numberField(1, stage), ...operators, ...layouts.map(layoutItem)]);
}

function layoutItem(layout: ParameterLayout): Uint8Array {
  const body = Buffer.concat([
    lengthField(1, dims(layout.deviceMatrix)),
    ...tensorMaps(layout),
    lengthField(3, dims(layout.sliceShape)),
    lengthField(4, dims(layout.indicesOffset)),
    numberField(5, layout.field),
    numberField(6, layout.optimizerShardStep),
    numberField(7, layout.optimizerShardSize),
  ]);
  return lengthField(3, Buffer.concat([lengthField(1, layout.name), lengthField(2, body)]));
}

function tensorMaps({ tensorMap }: ParameterLayout): Uint8Array[] {
  const nested = tensorMap.some((map) => typeof map !== "number");
  if (!nested) return [lengthField(2, dims(tensorMap.flat()))];
  return tensorMap.map((map) => lengthField(2, dims(typeof map === "number" ? [map] : map)));
}

function dims(values: readonly number[]): Uint8Array {
  return Buffer.concat(values.map((value) => numberField(1, value)));
}
