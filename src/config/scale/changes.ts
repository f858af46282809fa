import { formatBytes, formatCount, parseBytes } from "../../core/units.js";
import { countParameters } from "../../model/parameters.js";
import { knownShape } from "../../model/read-shape.js";
import { dataLoaderPath } from "../keys/data-path.js";
import { isSection, sameValue } from "../text/values.js";
import type { ConfigEdits } from "./config-edits.js";
import { cpuDemands } from "./cpu-settings.js";
import { readNumbers } from "./ladder.js";
import { layoutSettings, neededSettings } from "./layout-settings.js";
import { type Proposal, type ScaleTarget, usableShare } from "./propose.js";

/** One value that scaling changes. */
export interface ScaleChange {
  readonly path: string;
  /** Undefined: it is not written; MindFormers' default holds. */
  readonly was: unknown;
  readonly now: unknown;
  readonly why: string;
}

const model = "model.model_config";

/** Spellings of the same number; the one that a file uses is kept. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  num_hidden_layers: ["num_layers"],
  intermediate_size: ["ffn_hidden_size"],
  n_routed_experts: ["num_experts", "num_moe_experts"],
  num_experts_per_tok: ["moe_router_topk"],
  moe_intermediate_size: ["moe_ffn_hidden_size"],
  num_key_value_heads: ["num_query_groups"],
  head_dim: ["kv_channels"],
  qk_nope_head_dim: ["qk_head_dim"],
  qk_rope_head_dim: ["qk_pos_emb_head_dim"],
  n_group: ["moe_router_num_groups"],
  topk_group: ["moe_router_group_topk"],
};

const reasons: Readonly<Record<string, string>> = {
  num_hidden_layers: "depth",
  first_k_dense_replace: "keeps its share of the layers",
  hidden_size: "width",
  intermediate_size: "follows the width",
  num_attention_heads: "follows the width; heads keep their dimensions while at least four remain",
  num_key_value_heads: "follows the heads",
  head_dim: "fewer than four heads' worth of width is left",
  q_lora_rank: "follows the width",
  kv_lora_rank: "follows the width",
  qk_nope_head_dim: "fewer than four heads' worth of width is left",
  qk_rope_head_dim: "fewer than four heads' worth of width is left",
  v_head_dim: "fewer than four heads' worth of width is left",
  n_routed_experts: "experts hold most of the parameters and little of the work",
  moe_intermediate_size: "follows the width",
  num_experts_per_tok: "at most half of the experts work on a token",
  n_group: "halved with the experts of a token, so that groups stay equal",
  topk_group: "halved with the groups",
};

function spelled(config: ConfigEdits, name: string): string {
  return [name, ...(spellings[name] ?? [])].find((key) => config.has(`${model}.${key}`)) ?? name;
}

function modelChanges(config: ConfigEdits, { numbers }: Proposal): ScaleChange[] {
  const section = config.get(model);
  const before = isSection(section) ? readNumbers(section) : {};
  return Object.entries(numbers).flatMap(([name, now]): ScaleChange[] => {
    if (before[name] === now) return [];
    const path = `${model}.${spelled(config, name)}`;
    const was = config.get(path) ?? before[name];
    return [{ path, was, now, why: reasons[name] ?? "follows the model" }];
  });
}

function sequenceChanges(config: ConfigEdits, sequence: number): ScaleChange[] {
  const loaders = [dataLoaderPath, "train_dataset_task.dataset_config.data_loader"].map(
    (path) => `${path}.config.seq_length`,
  );
  const paths = [`${model}.seq_length`, `${model}.max_position_embeddings`, ...loaders];
  return paths.flatMap((path): ScaleChange[] => {
    const was = config.get(path);
    const needed =
      path === `${model}.seq_length` ||
      (was !== undefined && !(path.endsWith("embeddings") && Number(was) <= sequence));
    return !needed || was === sequence ? [] : [{ path, was, now: sequence, why: "short samples for a small machine" }];
  });
}

/** MindFormers refuses compressed masks for samples that are not longer than this. */
const compressedMaskTokens = 2048;

function maskChanges(config: ConfigEdits, sequence: number): ScaleChange[] {
  if (sequence > compressedMaskTokens) return [];
  return ["use_attn_mask_compression", "use_eod_attn_mask_compression"].flatMap((name): ScaleChange[] => {
    const path = `${model}.${name}`;
    if (config.get(path) !== true) return [];
    return [{ path, was: true, now: false, why: `a compressed mask needs more than ${compressedMaskTokens} tokens` }];
  });
}

/** Leaves of nested settings as paths. */
function flat(settings: Readonly<Record<string, unknown>>, prefix = ""): [string, unknown][] {
  return Object.entries(settings).flatMap(([key, value]): [string, unknown][] =>
    isSection(value) ? flat(value, `${prefix}${key}.`) : [[prefix + key, value]],
  );
}

const layoutReasons: readonly (readonly [RegExp, string])[] = [
  [/expert_parallel$/, "divides data_parallel · model_parallel and the experts"],
  [/use_seq_parallel$/, "sequence parallelism goes with model_parallel"],
  [/offset$|pp_interleave_num$|pipeline_config/, "layers of the stages"],
  [/recompute/, "decided by the memory estimate"],
  [/parallel_optimizer|enable_parallel/, "weights and optimizer state are sharded over equal devices"],
  [/micro_batch_num$|batch_size$|gradient_accumulation/, "keeps the global batch with the new mesh"],
];

function layoutChanges(config: ConfigEdits, { layout }: Proposal): ScaleChange[] {
  if (layout === undefined) return [];
  return flat(neededSettings(config, layoutSettings(layout.layout, layout.options))).map(([path, now]) => ({
    path,
    was: config.get(path),
    now,
    why: layoutReasons.find(([pattern]) => pattern.test(path))?.[1] ?? "fastest mesh that fits, by estimate",
  }));
}

function deviceChanges(config: ConfigEdits, target: ScaleTarget): ScaleChange[] {
  if (target.device === "CPU")
    return cpuDemands(target.devices).flatMap(({ path, now, why, onlyIfWritten }): ScaleChange[] => {
      const was = config.get(path);
      return (onlyIfWritten && was === undefined) || sameValue(was as never, now as never)
        ? []
        : [{ path, was, now, why }];
    });
  const memory = parseBytes(target.memoryPerDevice, "memoryPerDevice");
  const now = `${Math.floor((memory / 2 ** 30) * usableShare)}GB`;
  return ["context.max_device_memory", "context.mempool_block_size"].flatMap((path): ScaleChange[] => {
    const was = config.get(path);
    if (was === now || (was === undefined && path.endsWith("block_size"))) return [];
    return [{ path, was, now, why: "58 of 64 parts of a device's memory" }];
  });
}

/** Every value that a proposal changes, in the order: model, samples, mesh, device. */
export function scaleChanges(config: ConfigEdits, target: ScaleTarget, proposal: Proposal): ScaleChange[] {
  const shorter = target.device === "CPU" || target.seqLength !== undefined;
  return [
    ...modelChanges(config, proposal),
    ...(shorter ? sequenceChanges(config, proposal.sequence) : []),
    ...maskChanges(config, proposal.sequence),
    ...layoutChanges(config, proposal),
    ...deviceChanges(config, target),
  ];
}

/** The proposal in one line: parameters before and after, memory. */
export function scaleText(config: ConfigEdits, { shape, memory, limit, globalBatch }: Proposal): string {
  const section = config.get(model);
  const before = isSection(section) ? knownShape(section) : undefined;
  const was = before === undefined ? "" : `${formatCount(countParameters(before).total)} → `;
  return (
    `${was}${formatCount(countParameters(shape).total)} parameters; ` +
    `about ${formatBytes(memory)} on the fullest device (${formatBytes(limit)} may be filled); ` +
    `global batch ${globalBatch}`
  );
}
