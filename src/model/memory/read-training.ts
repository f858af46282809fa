import { requireArgument, requireCount } from "../../core/arguments.js";
import type { Layout } from "../layout/layout.js";
import { readLayout } from "../layout/read-layout.js";
import type { ModelSection } from "../numbers.js";
import { knownShape } from "../read-shape.js";
import type { ReadValue } from "../read-value.js";
import type { ModelShape } from "../shape.js";
import { defaultMemoryOptions, type MemoryOptions, type OptimizerKind, type Recompute } from "./options.js";

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
  const list = Array.isArray(value) && value.length > 0 ? value : undefined;
  // MindFormers takes a list of names of operations for every layer.
  const all = value === true || list?.every((entry) => typeof entry === "string") === true;
  return {
    layers: all ? "all" : (list ?? "none"),
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

/** Shape, layout, and memory options of a configuration. */
export interface TrainingFacts {
  readonly shape: ModelShape;
  readonly layout: Layout;
  readonly options: MemoryOptions;
}

/**
 * Reads shape, layout, and memory options from a configuration; undefined for models that `modelShape` rejects.
 * `devices`: number of devices, for data-parallel mode.
 *
 * @example
 * const config = await openConfig("pretrain_deepseek3_1b");
 * const training = readTraining((path) => config.get(path));
 * if (training) countParameters(training.shape);
 */
export function readTraining(get: ReadValue, devices?: number): TrainingFacts | undefined {
  requireArgument(typeof get === "function", {
    ...{ call: "readTraining, get", expected: "a function that reads a path", found: get },
    example: "readTraining((path) => config.get(path))",
  });
  requireCount(devices, "readTraining, devices", "readTraining((path) => config.get(path), 8)");
  const section = get("model.model_config");
  if (typeof section !== "object" || section === null || Array.isArray(section)) return undefined;
  const sequence = get("train_dataset.data_loader.config.seq_length");
  const read = section as ModelSection;
  const shape = knownShape(
    read.seq_length === undefined && typeof sequence === "number" ? { ...read, seq_length: sequence } : read,
  );
  return shape === undefined ? undefined : { shape, layout: readLayout(get, devices), options: readMemoryOptions(get) };
}
