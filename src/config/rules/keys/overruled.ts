import type { ReadValue } from "../../../model/read-value.js";
import { sameValue } from "../../text/values.js";
import { setAll, setTo, takeAway } from "../cure.js";
import { advice, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";
import {
  datasetKeys,
  isWritten,
  moveTo,
  type Overruled,
  shownValue,
  startKeys,
  transformerKeys,
} from "./overruled-values.js";

const model = (name: string): string => `model.model_config.${name}`;

/** Callbacks with their type and path. */
function callbacks(get: ReadValue): { readonly path: string; readonly type: unknown }[] {
  const list = get("callbacks");
  return Array.isArray(list)
    ? list.map((_, index) => ({ path: `callbacks.${index}`, type: get(`callbacks.${index}.type`) }))
    : [];
}

/** `create_optimizer_scheduler`: arguments that the trainer adds win over those of the section. */
function* optimizer({ get }: RuleContext): Generator<Overruled> {
  const rate = get("optimizer.learning_rate");
  if (!isWritten(rate) || !isWritten(get("lr_schedule"))) return;
  const path = "optimizer.learning_rate";
  const why = `lr_schedule gives the rate of every step (learning_rate ${String(get("lr_schedule.learning_rate"))})`;
  yield { path, why, cure: moveTo(path, "lr_schedule.learning_rate", rate) };
}

/** `create_lr_scheduler`: warmup_epochs is turned into steps. */
function* warmup({ get }: RuleContext): Generator<Overruled> {
  const epochs = get("lr_schedule.warmup_epochs");
  if (typeof epochs !== "number" || epochs <= 0 || !isWritten(get("lr_schedule.warmup_steps"))) return;
  yield { path: "lr_schedule.warmup_steps", why: `warmup_epochs ${epochs} gives the number of steps` };
}

/**
 * With a section `checkpoint` MindFormers sets use_legacy_format to False, and the section's keys win over older ones.
 */
const olderNames: readonly (readonly [old: string, name: string])[] = [
  ["load_checkpoint", "load_path"],
  ["balanced_load", "load_balanced"],
  ["reshard_worker_num", "reshard_worker_num"],
];
const olderOfMonitor: readonly (readonly [old: string, name: string])[] = [
  ["keep_checkpoint_max", "save_max"],
  ["save_checkpoint_steps", "save_interleaved_steps"],
  ["save_optimizer", "no_save_optim"],
  ["remove_redundancy", "save_remove_redundancy"],
  ["async_save", "async_save"],
  ["directory", "save_path"],
  ["prefix", "prefix"],
];

function* checkpointSection({ get }: RuleContext): Generator<Overruled> {
  if (!isWritten(get("checkpoint"))) return;
  if (get("use_legacy_format") === true)
    yield {
      path: "use_legacy_format",
      why: "the section checkpoint switches it off",
      cure: setTo("use_legacy_format", false),
    };
  const pairs = [
    ...olderNames,
    ...callbacks(get)
      .filter(({ type }) => type === "CheckpointMonitor")
      .flatMap(({ path }) => olderOfMonitor.map(([old, name]) => [`${path}.${old}`, name] as const)),
  ];
  for (const [path, name] of pairs) {
    const [old, now] = [get(path), get(`checkpoint.${name}`)];
    const opposite = name === "no_save_optim" && typeof old === "boolean";
    if (!isWritten(old) || !isWritten(now) || sameValue(opposite ? !old : old, now)) continue;
    yield { path, why: `checkpoint.${name} is ${JSON.stringify(now)}` };
  }
}

/** Arguments of callbacks that the trainer sets, by callback; with the key of the configuration that it takes. */
export const givenToCallbacks: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  MFLossMonitor: {
    learning_rate: "lr_schedule.learning_rate",
    micro_batch_num: "parallel_config.micro_batch_num",
    micro_batch_interleave_num: "micro_batch_interleave_num",
    gradient_accumulation_steps: "runner_config.gradient_accumulation_steps",
    calculate_per_token_loss: "calculate_per_token_loss",
    print_separate_loss: "print_separate_loss",
    initial_epoch: "runner_config.initial_epoch",
    initial_step: "runner_config.initial_step",
  },
  TrainingStateMonitor: {
    micro_batch_num: "parallel_config.micro_batch_num",
    tensor_model_parallel_size: "parallel_config.model_parallel",
    check_for_nan_in_loss_and_grad: "check_for_nan_in_loss_and_grad",
    use_skip_data_by_global_norm: "use_skip_data_by_global_norm",
    use_local_norm: "runner_wrapper.local_norm",
    initial_epoch: "runner_config.initial_epoch",
    initial_step: "runner_config.initial_step",
  },
  CheckpointMonitor: {
    use_checkpoint_health_monitor: "use_checkpoint_health_monitor",
    health_ckpts_record_dir: "output_dir",
    use_legacy_format: "use_legacy_format",
  },
};

function* callbackArguments({ get }: RuleContext): Generator<Overruled> {
  for (const { path, type } of callbacks(get))
    for (const [name, ruler] of Object.entries(givenToCallbacks[String(type)] ?? {})) {
      const value = get(`${path}.${name}`);
      if (!isWritten(value)) continue;
      const key = `${path}.${name}`;
      yield { path: key, why: `the trainer takes ${ruler}`, cure: moveTo(key, ruler, value) };
    }
}

/** The wrapper of pipelines and accumulated gradients takes these from elsewhere. */
function* wrapper({ get, mesh }: RuleContext): Generator<Overruled> {
  if (!mesh.semiAuto || !isWritten(get("runner_wrapper"))) return;
  const accumulated = Number(get("runner_config.gradient_accumulation_steps") ?? 1);
  const piped = mesh.pipelineStages > 1;
  if (!piped && !(accumulated > 1)) return;
  const ruler = piped ? "parallel_config.micro_batch_num" : "runner_config.gradient_accumulation_steps";
  const pairs = [
    ["micro_batch_num", ruler],
    ["calculate_per_token_loss", "calculate_per_token_loss"],
  ] as const;
  for (const [name, from] of pairs) {
    const value = get(`runner_wrapper.${name}`);
    if (isWritten(value) && !sameValue(value, get(from)))
      yield { path: `runner_wrapper.${name}`, why: `the trainer takes ${from} (${shownValue(get(from))})` };
  }
}

/** The wrappers read the norm only where they clip. */
function* clipping({ get }: RuleContext): Generator<Overruled> {
  const [clips, path] = ["runner_wrapper.use_clip_grad", "runner_wrapper.max_grad_norm"];
  const norm = get(path);
  if (get(clips) !== false || !isWritten(norm) || norm === 1) return;
  yield { path, why: "use_clip_grad is False", cure: setTo(clips, true) };
}

/** Keys of the model that the trainer sets. */
function* modelKeys({ get }: RuleContext): Generator<Overruled> {
  const mask = model("use_eod_attn_mask_compression");
  const compressed = "train_dataset.data_loader.config.create_compressed_eod_mask";
  if (get(mask) === false && get(compressed) === true)
    yield { path: mask, why: `${compressed} is True, which sets it to True`, cure: setTo(mask, true) };
  const track = model("track_max_attention_logit");
  const muon = get("optimizer.type") === "Muon";
  const monitored =
    get("monitor_config.monitor_on") === true && isWritten(get("monitor_config.max_attention_logit_format"));
  if (get(track) === false && (muon || monitored)) {
    const why = `${muon ? "optimizer.type Muon" : "monitor_config.max_attention_logit_format"} sets it to True`;
    yield { path: track, why, cure: setTo(track, true) };
  }
  const width = get(model("moe_shared_expert_intermediate_size"));
  const count = ["n_shared_experts", "shared_expert_num"].find((name) => get(model(name)) === 0);
  if (typeof width === "number" && count !== undefined)
    yield { path: model("moe_shared_expert_intermediate_size"), why: `${count} is 0: there is no shared expert` };
}

/** Keys of pipelines without one, and of attention over several devices. */
function* meshKeys({ get, mesh }: RuleContext): Generator<Overruled> {
  const cp = "parallel_config";
  const degree = get(`${cp}.ulysses_degree_in_cp`);
  if (typeof degree === "number" && degree > 1 && get(`${cp}.context_parallel_algo`) !== "hybrid_cp")
    yield {
      path: `${cp}.ulysses_degree_in_cp`,
      why: "context_parallel_algo is not hybrid_cp",
      cure: setTo(`${cp}.ulysses_degree_in_cp`, 1),
    };
  if (mesh.pipelineStages > 1) return;
  const why = "pipeline_stage is 1: one stage holds every layer";
  const offset = get(model("offset"));
  if (isWritten(offset) && [offset].flat(2).some((value) => value !== 0))
    yield { path: model("offset"), why, cure: setTo(model("offset"), 0) };
  const interleave = get(model("pp_interleave_num"));
  if (typeof interleave === "number" && interleave > 1)
    yield { path: model("pp_interleave_num"), why, cure: setTo(model("pp_interleave_num"), 1) };
  const on = "parallel.pipeline_config.pipeline_interleave";
  if (get(on) === true)
    yield {
      path: on,
      why,
      cure: setAll([
        [on, false],
        ["parallel.pipeline_config.pipeline_scheduler", "1f1b"],
      ]),
    };
}

/** Keys of the run that another key switches off. */
function* runKeys({ get }: RuleContext): Generator<Overruled> {
  const sink = get("runner_config.sink_size");
  if (get("runner_config.sink_mode") === false && typeof sink === "number" && sink > 1)
    yield { path: "runner_config.sink_size", why: "sink_mode is False", cure: setTo("runner_config.sink_size", 1) };
  const skipped = get("data_skip_steps");
  if (get("ignore_data_skip") === true && typeof skipped === "number" && skipped > 0)
    yield { path: "data_skip_steps", why: "ignore_data_skip is True", cure: setTo("ignore_data_skip", false) };
  const select = get("recompute_config.select_recompute");
  const selects = select === true || (Array.isArray(select) && select.length > 0);
  if (get("recompute_config.recompute") === true && selects)
    yield { path: "recompute_config.select_recompute", why: "recompute is True: whole layers are recomputed" };
}

const parts = [
  ...[optimizer, warmup, checkpointSection, callbackArguments, wrapper, clipping, modelKeys, meshKeys, runKeys],
  ...[datasetKeys, startKeys, transformerKeys],
];

function* overruled(context: RuleContext): Generator<RuleFinding> {
  for (const part of parts)
    for (const { path, why, cure = takeAway(path), isCommon = false } of part(context))
      yield (isCommon ? advice : warning)([path, `has no effect: ${why}`], cure);
}

interface Switch {
  readonly path: string;
  /** Keys that mean nothing while it is off. */
  readonly keys: RegExp;
  /** MindFormers' own files keep the keys beside a switch that is written as off: only a missing switch is reported. */
  readonly keepsKeys?: boolean;
}

const switches: readonly Switch[] = [
  {
    path: "profile",
    keys: /^(?:profile_(?!r$)\w+|profiler_level|init_start_profile|with_stack|data_simplification)$/,
    keepsKeys: true,
  },
  { path: "parallel.enable_parallel_optimizer", keys: /^parallel\.parallel_optimizer_config\.\w+$/ },
  { path: "monitor_config.monitor_on", keys: /^monitor_config\.(?!monitor_on|stable_rank|health)\w+$/ },
  { path: "swap_config.swap", keys: /^swap_config\.(?!swap$)\w+$/ },
  { path: "context.save_graphs", keys: /^context\.save_graphs_path$/ },
  { path: "auto_trans_ckpt", keys: /^transform_process_num$/ },
  // MindFormers' own list of keys without effect: `conditions` in utils/tensorboard.py.
  { path: "do_eval", keys: /^eval_(?:step|epoch)_interval$/, keepsKeys: true },
  { path: "lr_scale", keys: /^lr_scale_factor$/, keepsKeys: true },
];

const isOff = ({ path, keepsKeys = false }: Switch, get: ReadValue): boolean =>
  keepsKeys ? get(path) === undefined : (get(path) ?? false) === false;

/** Values that differ from the default, for a feature that is off; and keys that MindFormers 1.9 no longer looks at. */
function* switchedOff({ get, places, key }: RuleContext): Generator<RuleFinding> {
  for (const { path, node } of places) {
    const info = node.kind === "map" ? undefined : key(path);
    if (info === undefined) continue;
    if (info.until !== undefined && isWritten(get(path)) && get(path) !== false) {
      const instead = info.meaning.startsWith("without effect") ? info.meaning.replace("without effect: ", "use ") : "";
      yield advice([path, `MindFormers 1.9 no longer reads it${instead && `; ${instead}`}`], takeAway(path));
      continue;
    }
    const off = info.default === undefined ? undefined : switches.find((one) => one.keys.test(path) && isOff(one, get));
    if (off === undefined || !isWritten(get(path)) || sameValue(get(path), info.default)) continue;
    yield advice(
      [path, `has no effect while ${off.path} is ${get(off.path) === undefined ? "not set" : "False"}`],
      setTo(off.path, true),
    );
  }
}

export const overruledRules: readonly Rule[] = [
  {
    id: "overruled-key",
    about: "every key has an effect: no other key overrides it or switches it off",
    engine: "ignores",
    cure: true,
    check: overruled,
  },
  {
    id: "switched-off",
    about: "the settings of a feature are present only while it is on",
    engine: "ignores",
    cure: true,
    check: switchedOff,
  },
];
