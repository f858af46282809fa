import { type Layout, type PipelineSchedule, pipelineSchedules } from "../layout/layout.js";
import { offsetRows } from "../layout/offset-rows.js";
import type { ModelSection } from "../numbers.js";
import { modelShape } from "../read-shape.js";
import type { ModelShape } from "../shape.js";
import { defaultMemoryOptions, type MemoryOptions, type OptimizerKind, type Recompute } from "./options.js";

/** Reads one value of a configuration by its path. */
export type ReadValue = (path: string) => unknown;

function whole(get: ReadValue, path: string, otherwise = 1): number {
  const value = get(path);
  return typeof value === "number" && Number.isInteger(value) && value >= 1 ? value : otherwise;
}

function readOffset(get: ReadValue, stages: number): Layout["offset"] {
  const rows = offsetRows(get("model.model_config.offset") ?? 0, stages);
  return rows?.map((row) => row.map((entry) => (typeof entry === "number" ? entry : 0)));
}

/** The layout that a configuration asks for. In data-parallel mode every device is a data-parallel one: give their number. */
export function readLayout(get: ReadValue, devices?: number): Layout {
  const mode = get("parallel.parallel_mode") ?? 1;
  const divided =
    get("use_parallel") !== false && [1, 2, "SEMI_AUTO_PARALLEL", "AUTO_PARALLEL"].includes(mode as number);
  const of = (name: string): number => whole(get, `parallel_config.${name}`);
  const stages = divided ? of("pipeline_stage") : 1;
  const interleaved = stages > 1 && get("parallel.pipeline_config.pipeline_interleave") === true;
  const scheduler = get("parallel.pipeline_config.pipeline_scheduler");
  const known = pipelineSchedules.includes(scheduler as PipelineSchedule);
  return {
    dataParallel: divided ? of("data_parallel") : (devices ?? of("data_parallel")),
    tensorParallel: divided ? of("model_parallel") : 1,
    pipelineStages: stages,
    contextParallel: divided ? of("context_parallel") : 1,
    expertParallel: divided ? of("expert_parallel") : 1,
    sequenceParallel: divided && get("parallel_config.use_seq_parallel") === true,
    microBatchSize: whole(get, "runner_config.batch_size"),
    microBatches: stages > 1 ? of("micro_batch_num") : whole(get, "runner_config.gradient_accumulation_steps"),
    interleave: interleaved ? whole(get, "model.model_config.pp_interleave_num") : 1,
    schedule: interleaved && known ? (scheduler as PipelineSchedule) : "1f1b",
    offset: stages > 1 ? readOffset(get, stages) : undefined,
  };
}

const optimizers: Readonly<Record<string, OptimizerKind>> = {
  AdamW: "adamw",
  FusedAdamW: "adamw",
  PmaAdamW: "pma_adamw",
  FusedPmaAdamW: "pma_adamw",
  Muon: "muon",
};

const isTyped = (value: unknown, names: readonly string[]): boolean =>
  typeof value === "string" && names.includes(value);

function bytesOf(type: unknown, otherwise: number): number {
  if (isTyped(type, ["float32", "fp32"])) return 4;
  return isTyped(type, ["bfloat16", "bf16", "float16", "fp16"]) ? 2 : otherwise;
}

function readRecompute(get: ReadValue): Recompute {
  const value = get("recompute_config.recompute");
  const select = get("recompute_config.select_recompute");
  const lists = Array.isArray(value) && value.length > 0 ? (value as number[] | number[][]) : undefined;
  return {
    layers: value === true ? "all" : (lists ?? "none"),
    select:
      select === true ||
      (Array.isArray(select) && select.length > 0) ||
      (typeof select === "object" && select !== null),
  };
}

/** What the memory of a device depends on beside shape and layout, with MindFormers' defaults. */
export function readMemoryOptions(get: ReadValue): MemoryOptions {
  const config = "parallel.parallel_optimizer_config";
  const size = get(`${config}.optimizer_weight_shard_size`);
  const threshold = get(`${config}.parallel_optimizer_threshold`);
  const divided = get("parallel.enable_parallel_optimizer") === true;
  const model = (name: string): unknown => get(`model.model_config.${name}`);
  return {
    optimizer: optimizers[String(get("optimizer.type") ?? "AdamW")] ?? "adamw",
    statesOnHost: get("optimizer.swap") === true,
    optimizerShard: !divided ? 1 : typeof size === "number" && size > 0 ? size : "all",
    shardThreshold: typeof threshold === "number" ? threshold * 1024 : defaultMemoryOptions.shardThreshold,
    gradientShard: divided && get(`${config}.gradient_accumulation_shard`) === true,
    gatherAgain: get("recompute_config.parallel_optimizer_comm_recompute") === true,
    recompute: readRecompute(get),
    parameterBytes: bytesOf(model("params_dtype"), 4),
    computeBytes: bytesOf(model("compute_dtype"), 2),
    compressedMask: model("use_attn_mask_compression") === true || model("use_eod_attn_mask_compression") === true,
    flashAttention: model("use_flash_attention") !== false,
    device: get("context.device_target") === "CPU" ? "CPU" : "Ascend",
  };
}

/** Shape, layout and options of a configuration: all that the arithmetic of this room needs. */
export interface TrainingFacts {
  readonly shape: ModelShape;
  readonly layout: Layout;
  readonly options: MemoryOptions;
}

/** Undefined for models whose size is not computed (see `modelShape`). `devices`: number of devices, for data-parallel mode. */
export function readTraining(get: ReadValue, devices?: number): TrainingFacts | undefined {
  const section = get("model.model_config");
  if (typeof section !== "object" || section === null || Array.isArray(section)) return undefined;
  const sequence = get("train_dataset.data_loader.config.seq_length");
  const read = section as ModelSection;
  const shape = modelShape(
    read.seq_length === undefined && typeof sequence === "number" ? { ...read, seq_length: sequence } : read,
  );
  return shape === undefined ? undefined : { shape, layout: readLayout(get, devices), options: readMemoryOptions(get) };
}
