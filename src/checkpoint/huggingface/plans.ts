import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openConfig } from "../../config/open.js";
import { CheckpointError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import { type ChooseOptions, choosePlaced, firstOf } from "../convert/choose-tensors.js";
import { defaultFileBytes, indexNote, modelFiles, ownNames } from "../convert/merge-plan.js";
import type { OutputNote, OutputPlan } from "../convert/output-plan.js";
import type { StoredPoint } from "../read/stored-point.js";
import { huggingFaceConfig } from "./config-json.js";
import { fromHuggingFaceTensors } from "./from-tensors.js";
import { modelFacts } from "./model-facts.js";
import { toHuggingFaceTensors } from "./to-tensors.js";

/** Options of `checkpoint.toHuggingFace` and `fromHuggingFace`. */
export interface HuggingFaceOptions {
  /** Folder that will hold the model. */
  readonly output: string;
  /**
   * The model's config: a MindFormers YAML file (its `model_config` counts), a Hugging Face `config.json`, or the
   * values themselves. Default: `config.json` beside the files, or the run's `config.yaml`.
   */
  readonly config?: string | Readonly<Record<string, unknown>>;
  /** Folder whose tokenizer files are copied. */
  readonly tokenizer?: string;
  /** Most bytes of one file; default 5 GB. */
  readonly fileBytes?: number;
}

const weights: ChooseOptions = { keep: "weights" };

/** MindFormers → Hugging Face: DeepSeek-V3, Qwen3, Qwen3-MoE, with index, config.json, and tokenizer files. */
export async function toHuggingFacePlan(stored: StoredPoint, options: HuggingFaceOptions): Promise<OutputPlan> {
  const model = await modelConfig(stored, options.config);
  const tensors = (await choosePlaced(stored, weights)).map(firstOf);
  const { outputs, left } = toHuggingFaceTensors(tensors, modelFacts(model));
  requireOutputs(outputs, left, { names: "MindFormers'", hint: "await checkpoint.fromHuggingFace({ output })" });
  const files = modelFiles(outputs, options.fileBytes ?? defaultFileBytes, {
    metadata: { format: "pt" },
    single: "model.safetensors",
  });
  const config = `${JSON.stringify(huggingFaceConfig(model, tensors[0]?.dtype), undefined, 2)}\n`;
  return {
    title: `convert ${formatCount(tensors.length, "tensor")} to Hugging Face's ${outputs.length}`,
    files,
    notes: [
      ...(files.length > 1 ? [indexNote("model.safetensors.index.json", files)] : []),
      { path: "config.json", content: config },
      ...(await tokenizerNotes(options.tokenizer)),
    ],
    remarks: [...leftOut(left), ...attentionScale(model)],
  };
}

/** MindFormers 1.9's own defaults of yarn, which scale the scores of latent attention also without yarn. */
const yarn = { factor: 40, mscale: 0.707 };

/**
 * `multi_latent_attention.py` multiplies the scores by (0.1 · mscale · ln(factor) + 1)², also without yarn;
 * `transformers` does so with a `rope_scaling` only.
 */
function attentionScale(model: Readonly<Record<string, unknown>>): string[] {
  const value = (name: string, other: number) => (typeof model[name] === "number" ? model[name] : other);
  const factor = value("rotary_scaling_factor", yarn.factor);
  const scaled = typeof model.rope_scaling === "object" && model.rope_scaling !== null;
  if (!String(model.model_type).startsWith("deepseek") || scaled || factor <= 1) return [];
  const scale = (0.1 * value("mscale", yarn.mscale) * Math.log(factor) + 1) ** 2;
  return [
    `MindFormers multiplied the attention scores by ${scale.toFixed(4)} (rotary_scaling_factor ${factor}), ` +
      "transformers does not: its logits differ. Train with a rope_scaling, " +
      "or with model.model_config.rotary_scaling_factor 1.0",
  ];
}

/** Hugging Face → MindFormers: the whole model under the names of MindFormers' training model. */
export async function fromHuggingFacePlan(stored: StoredPoint, options: HuggingFaceOptions): Promise<OutputPlan> {
  const model = await modelConfig(stored, options.config);
  const { outputs, left } = fromHuggingFaceTensors(await stored.index(), modelFacts(model));
  requireOutputs(outputs, left, { names: "Hugging Face's", hint: "await checkpoint.toHuggingFace({ output })" });
  const files = modelFiles(outputs, options.fileBytes ?? defaultFileBytes, ownNames);
  return {
    title: `convert Hugging Face's model to MindFormers' ${formatCount(outputs.length, "tensor")}`,
    files,
    notes: [indexNote("param_name_map.json", files)],
    remarks: leftOut(left),
  };
}

/** Names of the other side mean that the conversion was asked for in the wrong direction. */
function requireOutputs(
  outputs: readonly unknown[],
  left: readonly string[],
  { names, hint }: { readonly names: string; readonly hint: string },
): void {
  if (outputs.length > 0 || left.length === 0) return;
  const message = `expected tensors with ${names} names, found ${formatCount(left.length, "tensor")} with other names`;
  throw new CheckpointError("CHECKPOINT_NONE", `${message}, such as ${JSON.stringify(left[0])}`, { hint });
}

function leftOut(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const some = names.slice(0, 3).map((name) => JSON.stringify(name));
  const more = names.length > 3 ? ", …" : "";
  const count = formatCount(names.length, "tensor");
  return [`skipped, because they have no counterpart: ${count}: ${some.join(", ")}${more}`];
}

async function modelConfig(
  stored: StoredPoint,
  given: HuggingFaceOptions["config"],
): Promise<Readonly<Record<string, unknown>>> {
  if (typeof given === "object" && given !== null) return given;
  const { folder } = stored.point;
  const places = given === undefined ? [join(folder, "config.json"), ...above(folder)] : [given];
  for (const place of places) {
    const text = await readFile(place, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    if (place.endsWith(".json")) return JSON.parse(text) as Record<string, unknown>;
    const model = (await openConfig(text)).get("model.model_config");
    if (typeof model === "object" && model !== null) return model as Record<string, unknown>;
  }
  const message = `expected the model's config, found none in ${places.join(", ")}`;
  throw new CheckpointError("CONVERT_MODEL_UNKNOWN", message, { hint: 'pass { config: "run.yaml" }' });
}

/** `config.yaml` of the run that the folder may belong to. */
function above(folder: string): string[] {
  return [1, 2, 3].map((up) => join(folder, ...Array.from({ length: up }, () => ".."), "config.yaml"));
}

const tokenizerFiles = /^(tokenizer.*|vocab\..*|merges\.txt|special_tokens_map\.json|generation_config\.json)$/;

async function tokenizerNotes(folder: string | undefined): Promise<OutputNote[]> {
  if (folder === undefined) return [];
  const names = (await readdir(folder)).filter((name) => tokenizerFiles.test(name));
  return Promise.all(
    names.map(async (path) => ({ path, content: Uint8Array.from(await readFile(join(folder, path))) })),
  );
}
