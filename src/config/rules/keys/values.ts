import { suggestName } from "../../../core/options/option-names.js";
import { shortValue } from "../../text/short-value.js";
import { setTo } from "../cure.js";
import { error } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";
import { callbacksOf } from "../training/checkpoint.js";
import { choices, monitorChoices, monitors, saveFormats } from "./choices.js";

const model = "model.model_config";

const spoken = (value: string | number | boolean): string => String(value);

function* allowedValues(context: RuleContext): Generator<RuleFinding> {
  const { get } = context;
  const check = function* (
    path: string,
    allowed: readonly (string | number | boolean)[],
    value: unknown,
  ): Generator<RuleFinding> {
    if (value === undefined || value === null || typeof value === "object" || allowed.includes(value as string)) return;
    const near = suggestName(String(value), allowed.filter((one) => typeof one === "string").map(spoken));
    yield error(
      [path, `expected one of ${allowed.map(spoken).join(", ")}, found ${shortValue(value)}`],
      setTo(path, near ?? allowed[0]),
    );
  };
  for (const [path, allowed] of Object.entries(choices)) {
    if (path.startsWith(model) && !context.mcore) continue;
    if (path.endsWith("datasets_type") && !context.megatron) continue;
    const legal = context.mcore ? allowed.filter((one) => one !== "hybrid_cp") : allowed;
    yield* check(path, legal, get(path));
  }
  for (const name of monitors) {
    const value = get(`monitor_config.${name}`);
    for (const [index, one] of (Array.isArray(value) ? (value as unknown[]) : [value]).entries())
      yield* check(
        Array.isArray(value) ? `monitor_config.${name}.${index}` : `monitor_config.${name}`,
        monitorChoices,
        one,
      );
  }
  for (const { path, values } of callbacksOf(context, "CheckpointMonitor"))
    yield* check(`${path}.checkpoint_format`, saveFormats, values.checkpoint_format);
}

function* runMode({ get }: RuleContext): Generator<RuleFinding> {
  const value = get("run_mode");
  if (value === undefined || value === null)
    yield error(
      ["run_mode", `expected one of ${(choices.run_mode ?? []).join(", ")}, found nothing`],
      setTo("run_mode", "train"),
    );
}

/** Whole numbers from a lowest value on. */
const lowest: Readonly<Record<string, number>> = {
  "parallel_config.data_parallel": 1,
  "parallel_config.model_parallel": 1,
  "parallel_config.pipeline_stage": 1,
  "parallel_config.context_parallel": 1,
  "parallel_config.expert_parallel": 1,
  "parallel_config.micro_batch_num": 1,
  "parallel_config.seq_split_num": 1,
  "runner_config.batch_size": 1,
  "runner_config.epochs": 1,
  "runner_config.gradient_accumulation_steps": 1,
  micro_batch_interleave_num: 1,
  "train_dataset.num_parallel_workers": 1,
  "train_dataset.prefetch_size": 1,
  "train_dataset.data_loader.config.seq_length": 1,
  "train_dataset.data_loader.config.eod_pad_length": 1,
  "monitor_config.step_interval": 1,
  "monitor_config.global_norm_spike_count_threshold": 1,
  [`${model}.hidden_size`]: 1,
  [`${model}.num_hidden_layers`]: 1,
  [`${model}.num_attention_heads`]: 1,
  [`${model}.vocab_size`]: 1,
  [`${model}.seq_length`]: 1,
  [`${model}.intermediate_size`]: 1,
};

function* ranges({ get }: RuleContext): Generator<RuleFinding> {
  for (const [path, low] of Object.entries(lowest)) {
    const value = get(path);
    if (typeof value === "number" && value < low)
      yield error([path, `expected at least ${low}, found ${value}`], setTo(path, low));
  }
  const baseline = get("monitor_config.throughput_baseline");
  if (typeof baseline === "number" && baseline <= 0)
    yield error(
      ["monitor_config.throughput_baseline", `expected a number above 0, found ${baseline}`],
      setTo("monitor_config.throughput_baseline", null),
    );
}

export const valueRules: readonly Rule[] = [
  {
    id: "run-mode",
    about: "run_mode is written",
    engine: "fails later",
    cure: true,
    check: runMode,
  },
  {
    id: "allowed-value",
    about: "settings with a fixed set of values have one of them",
    engine: "refuses",
    cure: true,
    check: allowedValues,
  },
  {
    id: "value-range",
    about: "sizes and counts are at least 1",
    engine: "refuses",
    cure: true,
    check: ranges,
  },
];
