import { type ModelSection, modelNumber, otherNames } from "../model-numbers.js";
import { readMesh } from "../settings.js";
import { isSection, nodeAt } from "../yaml-values.js";
import { nearestDivisors, setLine } from "./arithmetic.js";
import type { Rule, RuleContext, RuleFinding } from "./rule.js";

const place = (name: string): string => `model.model_config.${name}`;

function modelOf({ get }: RuleContext): ModelSection | undefined {
  const model = get("model.model_config");
  return isSection(model) && get("use_legacy") === false ? model : undefined;
}

function* expertGroups(context: RuleContext): Generator<RuleFinding> {
  const model = modelOf(context);
  if (model === undefined) return;
  const of = (name: string): number | undefined => modelNumber(model, name);
  const [experts, groups, chosen, perToken] = [
    of("n_routed_experts"),
    of("n_group"),
    of("topk_group"),
    of("num_experts_per_tok"),
  ];
  if (!chosen || experts === undefined) return;
  const finding = (name: string, message: string, value: number): RuleFinding => ({
    severity: "error",
    path: place(name),
    message,
    hint: setLine(place(name), value),
  });
  if (!groups)
    yield finding(
      "n_group",
      `topk_group ${chosen} chooses among groups of experts, but n_group is ${groups ?? "missing"}`,
      chosen,
    );
  else {
    if (experts % groups !== 0)
      yield finding(
        "n_group",
        `groups must be equal: n_routed_experts ${experts} / n_group ${groups} leaves ${experts % groups}`,
        nearestDivisors(experts, groups, 1)[0] ?? 1,
      );
    if (chosen > groups)
      yield finding(
        "topk_group",
        `a token can't use more groups than there are: topk_group ${chosen} > n_group ${groups}`,
        groups,
      );
  }
  if (perToken !== undefined && perToken % chosen !== 0)
    yield finding(
      "topk_group",
      `experts of a token are chosen evenly from its groups: num_experts_per_tok ${perToken} / topk_group ${chosen} leaves ${perToken % chosen}`,
      nearestDivisors(perToken, chosen, 1)[0] ?? 1,
    );
}

function* layerCounts(context: RuleContext): Generator<RuleFinding> {
  const model = modelOf(context);
  if (model === undefined) return;
  const layers = modelNumber(model, "num_hidden_layers");
  const dense = modelNumber(model, "first_k_dense_replace");
  if (layers !== undefined && dense !== undefined && dense > layers)
    yield {
      severity: "error",
      path: place("first_k_dense_replace"),
      message: `first_k_dense_replace ${dense} > num_hidden_layers ${layers}`,
      hint: setLine(place("first_k_dense_replace"), Math.min(1, layers)),
    };
  const mtp = modelNumber(model, "num_nextn_predict_layers");
  if (mtp !== undefined && (mtp < 0 || mtp > 1))
    yield {
      severity: "error",
      path: place("num_nextn_predict_layers"),
      message: `MindFormers 1.9 predicts at most one token further: expected 0 or 1, found ${mtp}`,
      hint: setLine(place("num_nextn_predict_layers"), 1),
    };
}

/** Layers of the virtual stages as MindFormers assigns them: base + offset, in the order block · stage. */
function* layerOffset(context: RuleContext): Generator<RuleFinding> {
  const model = modelOf(context);
  const { pipelineStages, semiAuto } = readMesh(context.get);
  const layers = model && modelNumber(model, "num_hidden_layers");
  if (model === undefined || layers === undefined || !semiAuto) return;
  const interleaved = context.get("parallel.pipeline_config.pipeline_interleave") === true;
  const blocks = interleaved && typeof model.pp_interleave_num === "number" ? model.pp_interleave_num : 1;
  const stages = pipelineStages * blocks;
  if (stages <= 1) return;
  const base = Math.floor(layers / stages);
  const remainder = layers % stages;
  const offset = model.offset ?? 0;
  const numbers = [offset].flat(3).filter((value): value is number => typeof value === "number");
  const sum = numbers.reduce((total, value) => total + value, 0);
  const fits = sum === remainder && (Array.isArray(offset) || remainder === 0);
  const counts = numbers.map((value) => value + base);
  const path = place("offset");
  const extra = blocks > 1 ? ` · pp_interleave_num ${blocks}` : "";
  const example = Array.from({ length: pipelineStages }, (_, stage) => (stage < remainder ? 1 : 0));
  if (!fits)
    yield {
      severity: "error",
      path,
      message: `the offsets must add up to what is left over: num_hidden_layers ${layers} mod (pipeline_stage ${pipelineStages}${extra}) = ${remainder}, found ${sum}`,
      hint:
        blocks === 1
          ? setLine(path, remainder === 0 ? 0 : example)
          : `set ${blocks} lists of ${pipelineStages} numbers with the sum ${remainder}`,
    };
  else if (
    Array.isArray(offset) &&
    counts.some((count, index) => count < (index === 0 || index === counts.length - 1 ? 0 : 1))
  )
    yield {
      severity: "error",
      path,
      message: `a stage in the middle would have no layer: layers per stage ${counts.join(", ")}`,
      hint: `raise the offsets that are below ${1 - base}`,
    };
}

function* switches(context: RuleContext): Generator<RuleFinding> {
  const model = modelOf(context);
  if (model === undefined) return;
  const mask = ["use_attn_mask_compression", "use_eod_attn_mask_compression"].find((name) => model[name] === true);
  if (mask !== undefined && model.use_flash_attention === false)
    yield {
      severity: "error",
      path: place(mask),
      message: `${mask} needs use_flash_attention`,
      hint: setLine(place(mask), false),
    };
  if (model.apply_rope_fusion === true && model.multi_latent_attention === true)
    yield {
      severity: "error",
      path: place("apply_rope_fusion"),
      message: "apply_rope_fusion does not work with multi_latent_attention",
      hint: setLine(place("apply_rope_fusion"), false),
    };
  for (const name of ["hidden_dropout", "attention_dropout"]) {
    const node = nodeAt(context.root, place(name));
    if (node?.kind === "scalar" && node.resolved.kind === "int")
      yield {
        severity: "error",
        path: place(name),
        message: `MindFormers wants a number with a point, found ${node.text}`,
        hint: setLine(place(name), Number(node.text)),
      };
  }
}

/** DeepSeek-V3's configuration always has the Hugging Face names; MindFormers' own names beside them are refused as a conflict. */
function* doubleNames(context: RuleContext): Generator<RuleFinding> {
  const model = modelOf(context);
  if (model?.model_type !== "deepseek_v3") return;
  for (const [name, other] of Object.entries(otherNames))
    if (model[other] !== undefined)
      yield {
        severity: "error",
        path: place(other),
        message: `${other} and ${name} are the same setting, and DeepSeek-V3 always has ${name}`,
        hint: `rename it to ${name}`,
      };
}

export const modelRules: readonly Rule[] = [
  { id: "expert-groups", check: expertGroups },
  { id: "layer-counts", check: layerCounts },
  { id: "layer-offset", check: layerOffset },
  { id: "model-switches", check: switches },
  { id: "double-name", check: doubleNames },
];
