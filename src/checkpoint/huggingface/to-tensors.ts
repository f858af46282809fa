import { bitsOf } from "../../formats/dtype.js";
import type { OutputTensor } from "../convert/output-plan.js";
import {
  boxPiece,
  composedTensor,
  rowBlocksOf,
  rowsOf,
  sliceOfTensor,
  transposed,
  wholeTensor,
} from "../convert/tensor-source.js";
import type { GlobalTensor } from "../read/tensor-index.js";
import type { ModelFacts } from "./model-facts.js";
import { layerRules, outerRules, predictionRules } from "./names.js";

/** MindFormers' weights as Hugging Face's, and the names that have no counterpart. */
export function toHuggingFaceTensors(
  tensors: readonly GlobalTensor[],
  facts: ModelFacts,
): { readonly outputs: readonly OutputTensor[]; readonly left: readonly string[] } {
  const outputs: OutputTensor[] = [];
  const left: string[] = [];
  for (const tensor of tensors) {
    const made = convert(tensor, facts);
    if (made === undefined) left.push(tensor.name);
    else outputs.push(...made);
  }
  return { outputs: [...outputs, ...sharedByPrediction(outputs, tensors, facts)], left };
}

function convert(tensor: GlobalTensor, facts: ModelFacts): readonly OutputTensor[] | undefined {
  const outer = outerRules.find(([name]) => name === tensor.name);
  if (outer) return [wholeTensor(tensor, outer[1])];
  const layer = /^decoder\.layers\.(\d+)\.(.+)$/.exec(tensor.name);
  if (layer) return layerTensor(tensor, { prefix: `model.layers.${layer[1]}.`, part: layer[2] ?? "" }, facts);
  const prediction = /^mtp\.layers\.(\d+)\.(.+)$/.exec(tensor.name);
  if (!prediction) return undefined;
  const prefix = `model.layers.${facts.layers + Number(prediction[1])}.`;
  const part = prediction[2] ?? "";
  const rule = predictionRules.find(([name]) => name === part);
  if (rule) return [wholeTensor(tensor, prefix + rule[1])];
  return layerTensor(tensor, { prefix, part: part.replace(/^transformer_layer\./, "") }, facts);
}

interface LayerPart {
  readonly prefix: string;
  readonly part: string;
}

function layerTensor(tensor: GlobalTensor, at: LayerPart, facts: ModelFacts): readonly OutputTensor[] | undefined {
  const { prefix, part } = at;
  const rule = layerRules(facts.attention).find(([name]) => name === part);
  if (rule) return [wholeTensor(tensor, prefix + rule[1])];
  const gated = /^(mlp\.(?:shared_experts\.)?)linear_fc1\.weight$/.exec(part);
  if (gated) {
    const place = `${prefix}${gated[1]}`;
    return [
      gatedHalf(tensor, { half: 0, name: `${place}gate_proj.weight` }, facts),
      gatedHalf(tensor, { half: 1, name: `${place}up_proj.weight` }, facts),
    ];
  }
  if (part === "mlp.experts.weight1") return expertInputs(tensor, prefix, facts);
  if (part === "mlp.experts.weight2") return expertOutputs(tensor, prefix, facts);
  if (part === "self_attention.linear_qkv.weight" || part === "self_attention.linear_qkv.bias") {
    return attentionParts(tensor, { prefix, part }, facts);
  }
  return undefined;
}

interface GatedHalf {
  readonly half: 0 | 1;
  readonly name: string;
}

/** Gate (0) or up (1) of `linear_fc1`. */
function gatedHalf(tensor: GlobalTensor, { half, name }: GatedHalf, { interleaved }: ModelFacts): OutputTensor {
  const [rows = 0, ...rest] = tensor.shape;
  const size = rows / 2;
  if (!interleaved) return sliceOfTensor(tensor, rowsOf(tensor, half * size, (half + 1) * size), name);
  const rowBytes = rest.reduce((product, count) => product * count, bitsOf(tensor.dtype) / 8);
  const pieces = rowBlocksOf(size, 2 * rowBytes).map(([from, to]) =>
    boxPiece(tensor, rowsOf(tensor, 2 * from, 2 * to), (bytes) => everySecondRow(bytes, rowBytes, half)),
  );
  return composedTensor({ name, dtype: tensor.dtype, shape: [size, ...rest] }, pieces);
}

function everySecondRow(bytes: Uint8Array, rowBytes: number, half: 0 | 1): Uint8Array {
  const result = new Uint8Array(bytes.byteLength / 2);
  for (let at = 0; at < result.byteLength; at += rowBytes) {
    const from = 2 * at + half * rowBytes;
    result.set(bytes.subarray(from, from + rowBytes), at);
  }
  return result;
}

/** `weight1` [experts × hidden, 2 × ffn]: each expert's gate and up, transposed. */
function expertInputs(tensor: GlobalTensor, prefix: string, { experts, hidden }: ModelFacts): OutputTensor[] {
  const ffn = (tensor.shape[1] ?? 0) / 2;
  return Array.from({ length: experts }, (_, expert) =>
    (["gate_proj", "up_proj"] as const).map((name, half) => {
      const region = { begin: [expert * hidden, half * ffn], end: [(expert + 1) * hidden, (half + 1) * ffn] };
      const look = { name: `${prefix}mlp.experts.${expert}.${name}.weight`, dtype: tensor.dtype, shape: [ffn, hidden] };
      return composedTensor(look, [boxPiece(tensor, region, transposed)]);
    }),
  ).flat();
}

/** `weight2` [experts × ffn, hidden]: each expert's down, transposed. */
function expertOutputs(tensor: GlobalTensor, prefix: string, { experts, hidden }: ModelFacts): OutputTensor[] {
  const ffn = (tensor.shape[0] ?? 0) / experts;
  return Array.from({ length: experts }, (_, expert) => {
    const look = { name: `${prefix}mlp.experts.${expert}.down_proj.weight`, dtype: tensor.dtype, shape: [hidden, ffn] };
    return composedTensor(look, [boxPiece(tensor, rowsOf(tensor, expert * ffn, (expert + 1) * ffn), transposed)]);
  });
}

/** `linear_qkv`: for each group of heads its queries, its key, its value. */
function attentionParts(tensor: GlobalTensor, { prefix, part }: LayerPart, facts: ModelFacts): OutputTensor[] {
  const { heads, groups, headSize } = facts;
  const queries = (heads / groups) * headSize;
  const group = queries + 2 * headSize;
  const rest = tensor.shape.slice(1);
  const ending = part.endsWith("bias") ? "bias" : "weight";
  const piecesFrom = (begin: number, rows: number) =>
    Array.from({ length: groups }, (_, at) => {
      return boxPiece(tensor, rowsOf(tensor, at * group + begin, at * group + begin + rows));
    });
  const output = (letter: string, begin: number, rows: number) =>
    composedTensor(
      { name: `${prefix}self_attn.${letter}_proj.${ending}`, dtype: tensor.dtype, shape: [groups * rows, ...rest] },
      piecesFrom(begin, rows),
    );
  return [output("q", 0, queries), output("k", queries, headSize), output("v", queries + headSize, headSize)];
}

/** Hugging Face's prediction layer has copies of embedding and output layer. */
function sharedByPrediction(
  outputs: readonly OutputTensor[],
  tensors: readonly GlobalTensor[],
  { layers }: ModelFacts,
): OutputTensor[] {
  if (!tensors.some(({ name }) => name.startsWith("mtp."))) return [];
  const copies: readonly (readonly [string, string])[] = [
    ["model.embed_tokens.weight", `model.layers.${layers}.embed_tokens.weight`],
    ["lm_head.weight", `model.layers.${layers}.shared_head.head.weight`],
  ];
  return copies.flatMap(([from, name]) => {
    const source = outputs.find((output) => output.name === from);
    return source ? [{ ...source, name }] : [];
  });
}
