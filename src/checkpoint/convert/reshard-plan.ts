import { invalidArgument, requirePath } from "../../core/arguments.js";
import { CheckpointError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import type { ParameterLayout } from "../../formats/strategy/layout.js";
import { devicesOf, optimizerParts, placeOf, splitsOf } from "../../formats/strategy/placement.js";
import { formatStrategy } from "../../formats/strategy/write.js";
import type { StoredPoint } from "../read/stored-point.js";
import type { GlobalTensor } from "../read/tensor-index.js";
import { readStrategySet } from "../strategy/strategy-set.js";
import { type ChooseOptions, choosePlaced, firstOf } from "./choose-tensors.js";
import { type OutputFile, type OutputNote, type OutputPlan, type OutputTensor, rankNotes } from "./output-plan.js";
import { type StageOfTarget, type TargetLayout, targetStages } from "./target-layout.js";
import { sliceOfTensor, wholeTensor } from "./tensor-source.js";

/** Options of `checkpoint.reshard`. */
export interface ReshardOptions extends ChooseOptions, TargetLayout {
  /** Folder that will hold `rank_0`, `rank_1`, … and `strategy`. */
  readonly output: string;
  /** Strategy file or folder of the target, instead of tp, pp, dp, ep. */
  readonly strategy?: string;
  /** Prefix of the file names; default `checkpoint`. */
  readonly prefix?: string;
  /** `.safetensors` (default) or `.ckpt`. */
  readonly format?: "safetensors" | "ckpt";
}

/**
 * The model over other ranks: by a strategy of the target, or by the usual rules of tensor, pipeline, and expert
 * parallelism.
 */
export async function reshardPlan(stored: StoredPoint, options: ReshardOptions): Promise<OutputPlan> {
  requireNames(options);
  const tensors = (await choosePlaced(stored, options)).map(firstOf);
  const { stages, devices } = await targetOf(stored, tensors, options);
  const files: OutputFile[] = [];
  const notes: OutputNote[] = [];
  for (const { stage, layouts } of stages) {
    const layoutOf = new Map(layouts.map((layout) => [layout.name, layout]));
    for (let device = 0; device < devices; device++) {
      const rank = stage * devices + device;
      const outputs = rankTensors({ tensors, layoutOf, stages: stages.length, device });
      files.push(rankFile(stored, { rank, tensors: outputs }, options));
      notes.push({ path: `strategy/ckpt_strategy_rank_${rank}.ckpt`, content: formatStrategy(stage, layouts) });
    }
  }
  notes.push(...rankNotes(files));
  return { title: `reshard to ${formatCount(files.length, "rank")}`, files, notes, remarks: [] };
}

/** MindFormers finds the rank of a file by its name: a prefix must not hide it. */
function requireNames({ prefix, format, strategy }: ReshardOptions): void {
  if (strategy !== undefined) requirePath(strategy, "checkpoint.reshard, strategy", '{ strategy: "output/strategy" }');
  if (prefix !== undefined && (typeof prefix !== "string" || prefix === "" || /[/\\\0]|rank/.test(prefix))) {
    const expected = "a prefix of file names, without / and without rank";
    throw invalidArgument({ call: "reshard, prefix", expected, found: prefix, example: '{ prefix: "wiki" }' });
  }
  if (format === undefined || format === "safetensors" || format === "ckpt") return;
  const expected = '"safetensors" or "ckpt"';
  throw invalidArgument({ call: "reshard, format", expected, found: format, example: '{ format: "ckpt" }' });
}

async function targetOf(
  stored: StoredPoint,
  tensors: readonly GlobalTensor[],
  options: ReshardOptions,
): Promise<{ readonly stages: readonly StageOfTarget[]; readonly devices: number }> {
  if (options.strategy === undefined) {
    const stages = targetStages(tensors, options);
    return { stages, devices: (options.dp ?? 1) * (options.tp ?? 1) };
  }
  const set = await readStrategySet(stored.options.files, options.strategy);
  if (set.stages.length < set.stageCount) {
    const message = `${options.strategy}: expected strategies of ${set.stageCount} stages, found ${set.stages.length}`;
    throw new CheckpointError("CHECKPOINT_PLACES_UNKNOWN", message, {
      hint: "pass the folder with all strategy files",
    });
  }
  const stages = set.stages.map(({ stage, layouts }) => ({ stage, layouts: [...layouts.values()] }));
  return { stages, devices: set.devicesPerStage };
}

interface RankRequest {
  readonly tensors: readonly GlobalTensor[];
  readonly layoutOf: ReadonlyMap<string, ParameterLayout>;
  readonly stages: number;
  readonly device: number;
}

function rankTensors({ tensors, layoutOf, stages, device }: RankRequest): OutputTensor[] {
  const outputs: OutputTensor[] = [];
  for (const tensor of tensors) {
    const layout = layoutOf.get(tensor.name);
    if (layout) outputs.push(sliceFor(tensor, layout, device));
    // Counters are in no strategy: each rank has them. With several stages a weight that this stage does not name is
    // another one's.
    else if (tensor.kind === "state" || stages === 1) outputs.push(wholeTensor(tensor));
  }
  return outputs;
}

function sliceFor(tensor: GlobalTensor, layout: ParameterLayout, device: number): OutputTensor {
  const { shape, name } = tensor;
  if (shape.length === 0 || devicesOf(layout) === 1) return wholeTensor(tensor);
  const splits = splitsOf(layout, shape.length);
  const slice = shape.map((size, axis) => size / (splits[axis] ?? 1) / (axis === 0 ? optimizerParts(layout) : 1));
  if (slice.some((size) => !Number.isSafeInteger(size))) {
    const message =
      `tensor ${JSON.stringify(name)}: ` + `shape [${shape.join(", ")}] does not divide by ${splits.join(" × ")}`;
    throw new CheckpointError("CHECKPOINT_PLACES_UNKNOWN", message, { hint: "the strategy is of another model" });
  }
  const { offset } = placeOf(layout, device % devicesOf(layout), slice);
  const end = offset.map((at, axis) => at + (slice[axis] ?? 0));
  return sliceOfTensor(tensor, { begin: offset, end });
}

function rankFile(
  stored: StoredPoint,
  { rank, tensors }: { readonly rank: number; readonly tensors: readonly OutputTensor[] },
  { prefix = "checkpoint", format = "safetensors" }: ReshardOptions,
): OutputFile {
  const { epoch, step } = stored.point;
  const path = `rank_${rank}/${prefix}_rank_${rank}-${epoch ?? 0}_${step ?? 0}.${format}`;
  const metadata: Readonly<Record<string, string>> = format === "safetensors" ? { format: "ms" } : {};
  return { path, format, metadata, tensors };
}
