import { parseBytes } from "../../../core/units.js";
import { readParallelMode } from "../../../model/layout/mesh.js";
import { byHand, setTo } from "../cure.js";
import { error } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

const GB = 2 ** 30;

/** What MindSpore can't do without an NPU. */
function* cpuLimits({ get, mesh, device }: RuleContext): Generator<RuleFinding> {
  if (device !== "CPU") return;
  const set = (path: string, message: string, value: unknown): RuleFinding =>
    error([path, message], setTo(path, value));
  if (readParallelMode(get) !== "data_parallel")
    yield set("parallel.parallel_mode", "MindSpore on CPU knows only data parallelism (0)", 0);
  const axes = {
    model_parallel: mesh.tensorParallel,
    pipeline_stage: mesh.pipelineStages,
    context_parallel: mesh.contextParallel,
    expert_parallel: mesh.expertParallel,
  };
  for (const [name, size] of Object.entries(axes))
    if (size > 1)
      yield set(
        `parallel_config.${name}`,
        `MindSpore on CPU can't split a model: expected ${name} 1, found ${size}`,
        1,
      );
  const type = get("model.model_config.compute_dtype");
  if (get("use_legacy") === false && type !== "float32" && type !== "fp32")
    yield set(
      "model.model_config.compute_dtype",
      `MindSpore on CPU multiplies float32 matrices only, found ${String(type ?? "the default bfloat16")}`,
      "float32",
    );
  if ((get("runner_config.sink_mode") ?? true) !== false)
    yield set("runner_config.sink_mode", "with sink_mode on CPU every epoch would repeat the same data", false);
  if ((get("parallel.full_batch") ?? true) !== false && mesh.dataParallel > 1)
    yield set("parallel.full_batch", "data-parallel workers must each read their own part of the batch", false);
}

function* sinkMode({ get, device, megatron }: RuleContext): Generator<RuleFinding> {
  const path = "runner_config.sink_mode";
  const level = get("context.dataset_broadcast_opt_level") ?? 3;
  if (device !== "Ascend" || !megatron || get(path) !== false || level === 0) return;
  yield error(
    [path, `Megatron data with dataset_broadcast_opt_level ${String(level)} needs sink_mode`],
    setTo(path, true),
  );
}

function bytesOf(value: unknown): number | undefined {
  try {
    return typeof value === "string" ? parseBytes(value) : undefined;
  } catch {
    return undefined;
  }
}

const limitPath = "context.max_device_memory";

function* memory({ get, facts }: RuleContext): Generator<RuleFinding> {
  const text = get(limitPath);
  const limit = bytesOf(text);
  if (text !== undefined && text !== null && limit === undefined)
    yield error([limitPath, `expected a size such as 58GB, found ${String(text)}`], setTo(limitPath, "58GB"));
  if (limit !== undefined && facts.memoryPerDevice !== undefined && limit > facts.memoryPerDevice)
    yield error(
      [limitPath, `${String(text)} is more than a device has (${Math.floor(facts.memoryPerDevice / GB)}GB)`],
      setTo(limitPath, `${Math.floor((facts.memoryPerDevice / GB) * 0.91)}GB`),
    );
  const block = "context.mempool_block_size";
  const blockBytes = bytesOf(get(block));
  if (blockBytes !== undefined && limit !== undefined && blockBytes > limit)
    yield error(
      [block, `memory is allocated in blocks of ${String(get(block))}, more than max_device_memory ${String(text)}`],
      setTo(block, String(text)),
    );
}

function* memoryFits({ get, facts }: RuleContext): Generator<RuleFinding> {
  const needed = facts.memoryNeeded;
  const limit = bytesOf(get(limitPath)) ?? facts.memoryPerDevice;
  if (needed === undefined || limit === undefined || needed <= limit) return;
  const gigabytes = (value: number): string => `${(value / GB).toFixed(1)}GB`;
  const ways = [
    ...(get("recompute_config.recompute") === true ? [] : ['config.set("recompute_config.recompute", true)']),
    ...(get("parallel.enable_parallel_optimizer") === true
      ? []
      : ['config.set("parallel.enable_parallel_optimizer", true)']),
    ...(get("optimizer.swap") === true ? [] : ['config.set("optimizer.swap", true)']),
    "more pipeline_stage or model_parallel",
  ];
  const first =
    `the fullest device needs ${gigabytes(needed)}, ` +
    `but may use ${gigabytes(limit)} (${gigabytes(needed - limit)} too much)`;
  yield error([limitPath, first], byHand(ways.join("  or  ")));
}

export const deviceRules: readonly Rule[] = [
  {
    id: "cpu-limits",
    about: "on CPU: data parallelism, float32, no sink_mode, each worker its own part of the batch",
    engine: "fails later",
    cure: true,
    check: cpuLimits,
  },
  {
    id: "sink-mode",
    about: "Megatron data read by some ranks only (dataset_broadcast_opt_level > 0) needs sink_mode",
    engine: "fails later",
    cure: true,
    check: sinkMode,
  },
  {
    id: "memory",
    about: "max_device_memory is a size that a device has, mempool_block_size is not larger",
    engine: "fails later",
    cure: true,
    check: memory,
  },
  {
    id: "memory-fits",
    about: "the estimated memory of the fullest device is below the limit",
    engine: "fails later",
    cure: false,
    check: memoryFits,
  },
];
