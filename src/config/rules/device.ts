import { parseBytes } from "../../core/units.js";
import { dataLoaderPath, readMesh, readParallelMode } from "../settings.js";
import { setLine } from "./arithmetic.js";
import type { Rule, RuleContext, RuleFinding } from "./rule.js";

function deviceOf({ get, facts }: RuleContext): unknown {
  return facts.device ?? get("context.device_target") ?? "Ascend";
}

function error(path: string, message: string, value: unknown): RuleFinding {
  return { severity: "error", path, message, hint: setLine(path, value) };
}

/** What MindSpore can't do without an NPU. */
function* cpuLimits(context: RuleContext): Generator<RuleFinding> {
  if (deviceOf(context) !== "CPU") return;
  const { get } = context;
  const mesh = readMesh(get);
  if (readParallelMode(get) !== "data_parallel")
    yield error("parallel.parallel_mode", "MindSpore on CPU knows only data parallelism (0)", 0);
  const axes = {
    model_parallel: mesh.tensorParallel,
    pipeline_stage: mesh.pipelineStages,
    context_parallel: mesh.contextParallel,
    expert_parallel: mesh.expertParallel,
  };
  for (const [name, size] of Object.entries(axes))
    if (size > 1)
      yield error(
        `parallel_config.${name}`,
        `MindSpore on CPU can't divide a model: expected ${name} 1, found ${size}`,
        1,
      );
  const type = get("model.model_config.compute_dtype");
  if (get("use_legacy") === false && type !== "float32" && type !== "fp32")
    yield error(
      "model.model_config.compute_dtype",
      `MindSpore on CPU multiplies float32 matrices only, found ${String(type ?? "the default bfloat16")}`,
      "float32",
    );
  if ((get("runner_config.sink_mode") ?? true) !== false)
    yield error("runner_config.sink_mode", "with sink_mode on CPU every epoch would repeat the same data", false);
  if ((get("parallel.full_batch") ?? true) !== false && mesh.dataParallel > 1)
    yield error("parallel.full_batch", "data-parallel workers must each read their own part of the batch", false);
}

function* sinkMode(context: RuleContext): Generator<RuleFinding> {
  const { get } = context;
  const level = get("context.dataset_broadcast_opt_level") ?? 3;
  const megatron = get(`${dataLoaderPath}.type`) === "BlendedMegatronDatasetDataLoader";
  if (deviceOf(context) !== "Ascend" || !megatron || get("runner_config.sink_mode") !== false || level === 0) return;
  yield error(
    "runner_config.sink_mode",
    `Megatron data with dataset_broadcast_opt_level ${String(level)} needs sink_mode`,
    true,
  );
}

function bytesOf(value: unknown): number | undefined {
  try {
    return typeof value === "string" ? parseBytes(value) : undefined;
  } catch {
    return undefined;
  }
}

function* memory({ get, facts }: RuleContext): Generator<RuleFinding> {
  const path = "context.max_device_memory";
  const text = get(path);
  if (text === undefined || text === null) return;
  const bytes = bytesOf(text);
  if (bytes === undefined) yield error(path, `expected a size such as 58GB, found ${String(text)}`, "58GB");
  else if (facts.memoryPerDevice !== undefined && bytes > facts.memoryPerDevice) {
    const usable = Math.floor((facts.memoryPerDevice / 2 ** 30) * 0.91);
    yield error(
      path,
      `${String(text)} is more than a device has (${Math.floor(facts.memoryPerDevice / 2 ** 30)}GB)`,
      `${usable}GB`,
    );
  }
}

export const deviceRules: readonly Rule[] = [
  { id: "cpu-limits", check: cpuLimits },
  { id: "sink-mode", check: sinkMode },
  { id: "memory", check: memory },
];
