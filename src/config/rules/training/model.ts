import { otherNames } from "../../../model/numbers.js";
import { nodeAt } from "../../text/values.js";
import { type Cure, renameTo, setTo, takeAway } from "../cure.js";
import { advice, error, warning } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

const place = (name: string): string => `model.model_config.${name}`;

function* predictionLayers({ mcore, model, modelNumber, modelPath, get }: RuleContext): Generator<RuleFinding> {
  if (!mcore || model === undefined) return;
  const mtp = modelNumber("num_nextn_predict_layers");
  const path = modelPath("num_nextn_predict_layers");
  if (mtp !== undefined && (mtp < 0 || mtp > 1))
    yield error(
      [path, `MindFormers 1.9 predicts at most one token further: expected 0 or 1, found ${mtp}`],
      setTo(path, mtp > 1 ? 1 : 0),
    );
  const factor = get(place("mtp_loss_factor"));
  if (mtp === 0 && typeof factor === "number" && factor > 0 && model.num_nextn_predict_layers === undefined)
    yield advice(
      [place("mtp_loss_factor"), "the model predicts no further token, so mtp_loss_factor has no effect"],
      takeAway(place("mtp_loss_factor")),
    );
}

function masks({ model, modelNumber, modelPath }: RuleContext): (readonly [string, string, Cure])[] {
  const found: (readonly [string, string, Cure])[] = [];
  const names = ["use_attn_mask_compression", "use_eod_attn_mask_compression"];
  const on = names.find((name) => model?.[name] === true);
  const length = modelNumber("seq_length");
  if (on !== undefined && model?.use_flash_attention === false)
    found.push([place(on), `${on} needs use_flash_attention`, setTo(place(on), false)]);
  if (model?.use_ring_attention === true && model.use_flash_attention === false)
    found.push([
      place("use_ring_attention"),
      "use_ring_attention needs use_flash_attention",
      setTo(place("use_ring_attention"), false),
    ]);
  if (
    model?.use_attn_mask_compression === true &&
    model.use_flash_attention !== false &&
    length !== undefined &&
    length < 2048
  )
    found.push([
      place("use_attn_mask_compression"),
      `a compressed mask covers 2048 tokens at least: ${modelPath("seq_length").split(".").at(-1)} ${length} < 2048`,
      setTo(place("use_attn_mask_compression"), false),
    ]);
  return found;
}

function* maskCompression(context: RuleContext): Generator<RuleFinding> {
  if (!context.mcore) return;
  for (const [path, message, cure] of masks(context)) yield error([path, message], cure);
}

function* fusions({ mcore, model }: RuleContext): Generator<RuleFinding> {
  if (!mcore || model === undefined) return;
  const latent =
    model.multi_latent_attention === true ||
    (model.model_type === "deepseek_v3" && model.multi_latent_attention !== false);
  for (const name of ["apply_rope_fusion", "rotary_interleaved"])
    if (model[name] === true && latent)
      yield error([place(name), `${name} does not work with multi_latent_attention`], setTo(place(name), false));
  const act = model.hidden_act ?? (model.model_type === "deepseek_v3" ? "silu" : undefined);
  if (model.bias_swiglu_fusion === true && act !== undefined && act !== "swiglu")
    yield error(
      [place("bias_swiglu_fusion"), `the fused activation needs hidden_act swiglu, found ${String(act)}`],
      setTo(place("bias_swiglu_fusion"), false),
    );
}

/** MindFormers tests for Python's float: a whole number is refused. */
function* dropouts({ mcore, model, root }: RuleContext): Generator<RuleFinding> {
  if (!mcore || model === undefined) return;
  for (const name of ["hidden_dropout", "attention_dropout"]) {
    const node = nodeAt(root, place(name));
    const value = model[name];
    if (node?.kind !== "scalar" || typeof value !== "number") continue;
    if (value < 0 || value >= 1)
      yield error([place(name), `expected a share from 0.0 to below 1, found ${node.text}`], setTo(place(name), 0));
    else if (node.resolved.kind === "int")
      yield error(
        [place(name), `MindFormers wants a number with a point, found ${node.text}`],
        setTo(place(name), value),
      );
  }
}

/**
 * DeepSeek-V3's configuration always has the Hugging Face names; MindFormers' own names beside them are refused as a
 * conflict.
 */
function* doubleNames({ mcore, model }: RuleContext): Generator<RuleFinding> {
  if (!mcore || model === undefined) return;
  for (const [name, other] of Object.entries(otherNames)) {
    const both = model[name] !== undefined;
    if (model[other] === undefined || (model.model_type !== "deepseek_v3" && !both)) continue;
    const cure = both ? takeAway(place(other)) : renameTo(place(other), name);
    const always = model.model_type === "deepseek_v3" ? `DeepSeek-V3 always has ${name}` : "both are written";
    yield error([place(other), `${other} and ${name} are the same setting, and ${always}`], {
      ...cure,
      hint: `rename it to ${name}, or remove one of them`,
    });
  }
}

function* positions({ model, mcore, modelNumber }: RuleContext): Generator<RuleFinding> {
  const longest = modelNumber("max_position_embeddings");
  const length = modelNumber("seq_length");
  if (!mcore || model === undefined || longest === undefined || length === undefined || length <= longest) return;
  const path = place("max_position_embeddings");
  yield warning(
    [path, `samples are longer than the positions support: seq_length ${length} > max_position_embeddings ${longest}`],
    setTo(path, length),
  );
}

/** `type`, `arch`, and `moe_config` describe models of mid-2025, which MindFormers 1.9 brings no DeepSeek-V3 of. */
function* legacyModel({ mcore, get, model }: RuleContext): Generator<RuleFinding> {
  if (mcore || model === undefined || get("pretrained_model_dir")) return;
  yield advice(
    [
      "use_legacy",
      "use_legacy is not False: this is a configuration for the model classes of mid-2025; " +
        "MindFormers 1.9 trains models with use_legacy False",
    ],
    {
      hint:
        'openConfig("pretrain_deepseek3_671b") has the names of 1.9; ' +
        "or use MindFormers of mid-2025 with --register_path research/deepseek3",
    },
  );
}

export const modelRules: readonly Rule[] = [
  {
    id: "prediction-layers",
    about: "num_nextn_predict_layers is 0 or 1",
    engine: "refuses",
    cure: true,
    check: predictionLayers,
  },
  {
    id: "mask-compression",
    about: "compressed masks and ring attention need flash attention, a compressed mask at least 2048 tokens",
    engine: "refuses",
    cure: true,
    check: maskCompression,
  },
  {
    id: "fusion",
    about: "fused and interleaved rotary positions exclude latent attention; bias_swiglu_fusion needs swiglu",
    engine: "refuses",
    cure: true,
    check: fusions,
  },
  {
    id: "dropout",
    about: "dropouts are numbers with a point, from 0.0 to below 1",
    engine: "refuses",
    cure: true,
    check: dropouts,
  },
  {
    id: "double-name",
    about: "no setting is written under both of its names",
    engine: "refuses",
    cure: true,
    check: doubleNames,
  },
  {
    id: "positions",
    about: "seq_length ≤ max_position_embeddings",
    engine: "accepts",
    cure: true,
    check: positions,
  },
  {
    id: "legacy-model",
    about: "models are written with the names of MindFormers 1.9 (use_legacy False)",
    engine: "fails later",
    cure: false,
    check: legacyModel,
  },
];
