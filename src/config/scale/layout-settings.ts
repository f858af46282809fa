import { hasAll, requireArgument } from "../../core/arguments.js";
import type { Layout } from "../../model/layout/layout.js";
import type { MemoryOptions } from "../../model/memory/options.js";
import { isSection } from "../text/values.js";
import type { ConfigEdits } from "./config-edits.js";

type Settings = Readonly<Record<string, unknown>>;

/** `offset` as a configuration has it: 0 where nothing is left over, a list of stages, or one list per block. */
function offsetValue({ offset, pipelineStages }: Layout): unknown {
  if (pipelineStages === 1 || offset === undefined || [offset].flat(2).every((value) => value === 0)) return 0;
  return Array.isArray(offset) && offset.length === 1 ? offset[0] : offset;
}

/**
 * The values that make a configuration have a layout, as `config.merge` takes them. Without a pipeline its
 * micro-batches are accumulated gradients.
 */
export function layoutSettings(layout: Layout, options: MemoryOptions): Settings {
  const piped = layout.pipelineStages > 1;
  return {
    parallel_config: {
      data_parallel: layout.dataParallel,
      model_parallel: layout.tensorParallel,
      pipeline_stage: layout.pipelineStages,
      context_parallel: layout.contextParallel,
      expert_parallel: layout.expertParallel,
      micro_batch_num: piped ? layout.microBatches : 1,
      use_seq_parallel: layout.sequenceParallel,
    },
    micro_batch_interleave_num: 1,
    runner_config: {
      batch_size: layout.microBatchSize,
      gradient_accumulation_steps: piped ? 1 : layout.microBatches,
    },
    parallel: {
      parallel_mode: 1,
      enable_parallel_optimizer: options.optimizerShard !== 1,
      parallel_optimizer_config: { optimizer_weight_shard_size: -1 },
      pipeline_config: { pipeline_interleave: layout.interleave > 1, pipeline_scheduler: layout.schedule },
    },
    recompute_config: {
      recompute: options.recompute.layers === "all",
      select_recompute: options.recompute.select,
    },
    model: { model_config: { offset: offsetValue(layout), pp_interleave_num: layout.interleave } },
  };
}

/** What MindFormers takes where nothing is written. */
const defaults: Settings = {
  "parallel_config.data_parallel": 1,
  "parallel_config.model_parallel": 1,
  "parallel_config.pipeline_stage": 1,
  "parallel_config.context_parallel": 1,
  "parallel_config.expert_parallel": 1,
  "parallel_config.micro_batch_num": 1,
  "parallel_config.use_seq_parallel": false,
  micro_batch_interleave_num: 1,
  "runner_config.batch_size": 1,
  "runner_config.gradient_accumulation_steps": 1,
  "parallel.enable_parallel_optimizer": false,
  "parallel.parallel_optimizer_config.optimizer_weight_shard_size": -1,
  "parallel.pipeline_config.pipeline_interleave": false,
  "parallel.pipeline_config.pipeline_scheduler": "1f1b",
  "recompute_config.recompute": false,
  "recompute_config.select_recompute": false,
  "model.model_config.offset": 0,
  "model.model_config.pp_interleave_num": 1,
};

/** Without the values that are so already, written or by default: a file is not edited without need. */
export function neededSettings(config: ConfigEdits, settings: Settings, prefix = ""): Record<string, unknown> {
  const entries = Object.entries(settings).flatMap(([key, value]): [string, unknown][] => {
    const path = prefix + key;
    const now = config.get(path) ?? defaults[path];
    if (isSection(value)) {
      const inner = neededSettings(config, value as Settings, `${path}.`);
      return Object.keys(inner).length > 0 ? [[key, inner]] : [];
    }
    return JSON.stringify(now) === JSON.stringify(value) ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}

/**
 * Writes the layout into a configuration; where it has a `dataset_strategy`, its first numbers follow data_parallel.
 * Returns the configuration.
 */
export function applyLayout<C extends ConfigEdits>(config: C, layout: Layout, options: MemoryOptions): C {
  requireArgument(hasAll(config, "get", "merge"), {
    ...{ call: "apply, config", expected: "a configuration", found: config },
    example: "search.best?.apply(config)",
  });
  config.merge(neededSettings(config, layoutSettings(layout, options)));
  const strategy = config.get("parallel.dataset_strategy");
  if (Array.isArray(strategy))
    strategy.forEach((entry: unknown, index) => {
      if (Array.isArray(entry) && entry[0] !== layout.dataParallel)
        config.set(`parallel.dataset_strategy.${index}.0`, layout.dataParallel);
    });
  return config;
}
