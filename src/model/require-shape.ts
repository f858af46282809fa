import { hasAll, requireArgument } from "../core/arguments.js";
import { isLabError } from "../core/error.js";
import {
  flag,
  type OptionKind,
  type OptionTable,
  oneOf,
  readOptions,
  section,
  text,
  whole,
} from "../core/options/option-table.js";
import type { ExpertShape, GroupedAttention, LatentAttention, LayerKind, ModelShape } from "./shape.js";

const { MAX_SAFE_INTEGER: most } = Number;
const size = whole(1, most, 64);
const count = whole(0, most, 1);
const kind = oneOf("dense", "expert") as OptionKind;

const shapeTable: OptionTable<ModelShape> = {
  hidden: size,
  vocabulary: size,
  layerKinds: {
    ...{ expected: 'a list of "dense" and "expert"', example: '["dense", "expert"]' },
    isRight: (value) => Array.isArray(value) && Array.from(value as LayerKind[]).every(kind.isRight),
  },
  attention: section('modelShape(config.get("model.model_config")).attention'),
  feedForward: count,
  gated: flag,
  bias: flag,
  normBias: flag,
  experts: section('modelShape(config.get("model.model_config")).experts'),
  mtpLayers: count,
  tied: flag,
  positions: count,
  sequence: size,
  hiddenAct: text("silu"),
};

const latentTable: OptionTable<LatentAttention> = {
  kind: oneOf("latent"),
  heads: size,
  queryRank: count,
  keyValueRank: size,
  nopeDimension: count,
  ropeDimension: count,
  valueDimension: size,
  norms: flag,
  concatenated: flag,
};

const groupedTable: OptionTable<GroupedAttention> = {
  kind: oneOf("grouped"),
  heads: size,
  keyValueHeads: size,
  headDimension: size,
  norms: flag,
  bias: flag,
};

const expertTable: OptionTable<ExpertShape> = {
  experts: count,
  perToken: count,
  feedForward: count,
  sharedFeedForward: count,
  sharedGate: flag,
  routerBias: flag,
};

/** Properties that may be undefined. */
const optional = ["experts", "queryRank"];

interface Part<Shape> {
  readonly name: string;
  readonly table: OptionTable<Shape>;
}

function requireWhole<Shape extends object>(given: unknown, { name, table }: Part<Shape>): Shape {
  const read = readOptions(given, table, { name, code: "ARGUMENT_INVALID" });
  const missing = Object.keys(table).find((key) => !(key in read) && !optional.includes(key));
  const of: Readonly<Record<string, OptionKind>> = table;
  if (missing !== undefined)
    requireArgument(false, {
      ...{ call: `${name}.${missing}`, expected: of[missing]?.expected ?? "a value", found: undefined },
      example: `${missing}: ${of[missing]?.example}`,
    });
  return read;
}

/** @throws LabError ARGUMENT_INVALID unless it is a shape. `call` got it; `more`: its other arguments, for the hint. */
export function requireShape(shape: unknown, call: string, more = ""): void {
  requireArgument(hasAll(shape, "hidden", "layerKinds", "attention", "sequence"), {
    ...{ call: `${call}, shape`, expected: "the result of modelShape", found: shape },
    example: `${call}(modelShape(config.get("model.model_config"))${more})`,
  });
  requireSoundShape(shape as object, `${call}, shape`);
}

/** @throws LabError ARGUMENT_INVALID for a part of the shape that is missing or can't be computed with. */
function requireSoundShape(shape: object, name: string): void {
  const { attention, experts } = requireWhole(shape, { name, table: shapeTable });
  const part = `${name}.attention`;
  if ("keyValueRank" in attention) requireWhole(attention, { name: part, table: latentTable });
  else requireWhole(attention, { name: part, table: groupedTable });
  if (experts !== undefined) requireWhole(experts, { name: `${name}.experts`, table: expertTable });
}

/** Why a shape can't be computed with; undefined if it can. */
export function shapeFault(shape: ModelShape): string | undefined {
  try {
    requireSoundShape(shape, "shape");
    return undefined;
  } catch (error) {
    if (isLabError(error)) return error.message;
    throw error;
  }
}
