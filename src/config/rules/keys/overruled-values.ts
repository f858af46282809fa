import { sameValue } from "../../text/values.js";
import { type Cure, setTo } from "../cure.js";
import type { RuleContext } from "../rule.js";

/** A key that MindFormers sets anew, or doesn't look at, because of another one. */
export interface Overruled {
  readonly path: string;
  /** The key that decides, with its value: "lr_schedule sets the rate of every step". */
  readonly why: string;
  readonly cure?: Cure;
  /** MindFormers' own files write it, too. */
  readonly isCommon?: boolean;
}

export const isWritten = (value: unknown): boolean => value !== undefined && value !== null;
const model = (name: string): string => `model.model_config.${name}`;

/** A value as a message shows it. */
export const shownValue = (value: unknown): string => (isWritten(value) ? JSON.stringify(value) : "not set");

/** Moves a value to the key that rules it. */
export function moveTo(path: string, ruler: string, value: unknown): Cure {
  const fix = [
    { kind: "set", path: ruler, value },
    { kind: "unset", path },
  ] as const;
  return { hint: `config.set("${ruler}", ${JSON.stringify(value)})`, fix };
}

/** `check_dataset_config` copies these over the keys of the same name in train_dataset and eval_dataset. */
const copiedToDatasets: Readonly<Record<string, string>> = {
  seed: "seed",
  auto_tune: "auto_tune",
  filepath_prefix: "filepath_prefix",
  autotune_per_step: "autotune_per_step",
  profile: "profile",
  batch_size: "runner_config.batch_size",
};

/** Keys of the data that the trainer copies from elsewhere. */
export function* datasetKeys({ get, mesh }: RuleContext): Generator<Overruled> {
  const pairs = ["train_dataset", "eval_dataset"].flatMap((section) =>
    Object.entries(copiedToDatasets).map(([name, ruler]) => [`${section}.${name}`, ruler] as const),
  );
  const piped = mesh.pipelineStages > 1;
  const batches = piped ? "parallel_config.micro_batch_num" : "runner_config.gradient_accumulation_steps";
  for (const [path, ruler] of [...pairs, ["train_dataset.micro_batch_num", batches] as const]) {
    const value = get(path);
    if (!isWritten(value) || sameValue(value, get(ruler)) || (value === false && get(ruler) === undefined)) continue;
    const why = `the trainer takes ${ruler} (${shownValue(get(ruler))})`;
    yield { path, why, cure: moveTo(path, ruler, value), isCommon: path.endsWith(".seed") };
  }
  for (const [path, always] of [
    ["train_dataset.do_eval", false],
    ["eval_dataset.do_eval", true],
  ] as const)
    if (isWritten(get(path)) && get(path) !== always)
      yield { path, why: `the trainer sets it to ${always ? "True" : "False"}` };
  const task = "train_dataset_task.dataset_config";
  if (isWritten(get(task)) && isWritten(get("train_dataset")) && !sameValue(get(task), get("train_dataset")))
    yield { path: task, why: "the trainer takes train_dataset", isCommon: true };
}

/** Keys of the start that another one rules or switches off. */
export function* startKeys({ get, mcore, mesh }: RuleContext): Generator<Overruled> {
  const stages = "parallel_config.pipeline_stage";
  const copied = get("parallel.pipeline_stages");
  if (mesh.pipelineStages > 1 && isWritten(copied) && !sameValue(copied, get(stages)))
    yield { path: "parallel.pipeline_stages", why: `the trainer takes ${stages} (${shownValue(get(stages))})` };
  const device = get("context.device_id");
  if (get("use_parallel") === true && isWritten(device) && device !== 0)
    yield { path: "context.device_id", why: "use_parallel is True: msrun gives each worker its device" };
  if (mcore && isWritten(get("moe_config")))
    yield { path: "moe_config", why: "use_legacy is False: the experts are in model.model_config", isCommon: true };
  if (get("balanced_load") === true && get("use_parallel") === false)
    yield { path: "balanced_load", why: "use_parallel is False", cure: setTo("balanced_load", false) };
  if (get("auto_tune") === true && get("profile") === true)
    yield { path: "auto_tune", why: "profile is True, which switches it off", cure: setTo("auto_tune", false) };
  const named = model("checkpoint_name_or_path");
  if (get(named) && get("load_checkpoint")) yield { path: named, why: "load_checkpoint is set" };
  if (isWritten(get("grouped_lr_schedule")) && isWritten(get("lr_schedule")))
    yield { path: "lr_schedule", why: "grouped_lr_schedule gives the rates; its default covers the rest" };
  const health = "monitor_config.health_checkpoint.embedding_local_norm_threshold";
  const list = get("callbacks");
  if (!isWritten(get(health)) || !Array.isArray(list)) return;
  for (const index of list.keys()) {
    const path = `callbacks.${index}.embedding_local_norm_threshold`;
    const isMonitor = get(`callbacks.${index}.type`) === "CheckpointMonitor";
    if (isMonitor && isWritten(get(path)) && !sameValue(get(path), get(health)))
      yield { path, why: `${health} is ${JSON.stringify(get(health))}`, cure: moveTo(path, health, get(path)) };
  }
}

/** How flash attention is called, which the transformer's configuration chooses. */
function chosenByAttention({ get, mesh }: RuleContext): readonly (readonly [name: string, value: unknown])[] {
  const on = (name: string) => get(model(name)) === true;
  if (get(model("use_flash_attention")) === false) return [];
  const ring = on("use_ring_attention") || get("parallel_config.context_parallel_algo") === "ring";
  const eod = on("use_eod_attn_mask_compression") && !ring;
  const sparse = get(model("experimental_attention_variant")) === "dsa";
  const layout = eod ? "TND" : sparse ? "BSND" : mesh.contextParallel > 1 ? "BSH" : "BNSD";
  const mask = eod ? 3 : on("use_attn_mask_compression") && !ring ? 2 : 0;
  return [["input_layout", layout], ["sparse_mode", mask], ...(eod ? [["attention_dropout", 0] as const] : [])];
}

/** Keys that a section `rope_scaling` rules, each with the name of its value there. */
const inRopeScaling: readonly (readonly [key: string, names: readonly string[]])[] = [
  ["position_embedding_type", ["type", "rope_type"]],
  ["rotary_scaling_factor", ["factor"]],
  ["max_position_embeddings", ["original_max_position_embeddings"]],
];

function* ropeScaling({ get }: RuleContext): Generator<Overruled> {
  for (const [key, names] of inRopeScaling) {
    const written = get(model(key));
    const name = names.find((one) => isWritten(get(model(`rope_scaling.${one}`))));
    if (!isWritten(written) || name === undefined || sameValue(written, get(model(`rope_scaling.${name}`)))) continue;
    const why = `rope_scaling.${name} is ${shownValue(get(model(`rope_scaling.${name}`)))}`;
    yield { path: model(key), why, isCommon: true };
  }
}

/** `TransformerConfig.__post_init__`: keys of the model that others decide. */
export function* transformerKeys(context: RuleContext): Generator<Overruled> {
  const { get, mcore, mesh, modelNumber } = context;
  if (!mcore) return;
  for (const [name, value] of chosenByAttention(context)) {
    const written = get(model(name));
    if (!isWritten(written) || sameValue(written, value)) continue;
    const why = `flash attention takes ${JSON.stringify(value)} with these masks and this mesh`;
    yield { path: model(name), why, cure: setTo(model(name), value) };
  }
  yield* ropeScaling(context);
  const scaling = model("apply_query_key_layer_scaling");
  const softmax = model("attention_softmax_in_fp32");
  if (get(scaling) === true && get(softmax) === false)
    yield { path: softmax, why: `${scaling} is True, which sets it to True`, cure: setTo(softmax, true) };
  const nope = model("nope_layer_interval");
  if (get(model("position_embedding_type")) === "none" && isWritten(get(nope)))
    yield { path: nope, why: "position_embedding_type is none: no layer has positions" };
  const bias = model("moe_router_enable_expert_bias");
  if (get(bias) === true && (modelNumber("n_routed_experts") ?? 0) === 0)
    yield { path: bias, why: "the model has no experts", cure: setTo(bias, false) };
  const shared = ["parallel_config.vocab_emb_dp", model("vocab_emb_dp")];
  for (const path of shared)
    if (get(path) === true)
      yield { path, why: "models with use_legacy False share the embedding", cure: setTo(path, false), isCommon: true };
  const lazy = model("disable_lazy_inline");
  const accumulated = Number(get("runner_config.gradient_accumulation_steps") ?? 1) > 1;
  if (get(lazy) === false && mesh.pipelineStages === 1 && !accumulated) {
    const why = "without a pipeline and without accumulated gradients MindFormers sets it to True";
    yield { path: lazy, why, cure: setTo(lazy, true), isCommon: true };
  }
}
