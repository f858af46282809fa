import { CheckpointError } from "../../core/error.js";
import { bitsOf } from "../../formats/dtype.js";
import type { OutputTensor } from "../convert/output-plan.js";
import {
  boxPiece,
  composedTensor,
  rowBlocksOf,
  rowsOf,
  type TensorPiece,
  transposed,
  wholeTensor,
} from "../convert/tensor-source.js";
import { type PartReader, readRegion } from "../read/read-region.js";
import { wholeRegion } from "../read/region.js";
import type { GlobalTensor } from "../read/tensor-index.js";
import type { ModelFacts } from "./model-facts.js";
import { layerRules, outerRules, predictionRules } from "./names.js";

type Tensors = ReadonlyMap<string, GlobalTensor>;

/**
 * Hugging Face's weights as MindFormers' training model has them, and the names that have no counterpart.
 * @throws CheckpointError CONVERT_MODEL_UNKNOWN for FP8 weights with scales, and for a layer that lacks a part.
 */
export function fromHuggingFaceTensors(
  tensors: Tensors,
  facts: ModelFacts,
): { readonly outputs: readonly OutputTensor[]; readonly left: readonly string[] } {
  const scaled = [...tensors.keys()].find((name) => name.endsWith("weight_scale_inv"));
  if (scaled !== undefined)
    throw unknownModel(`${scaled}: FP8 weights with scales: expected BF16`, "cast the model to BF16 first");
  const used = new Set<string>();
  const take = (name: string) => {
    const tensor = tensors.get(name);
    if (tensor) used.add(name);
    return tensor;
  };
  const outputs: OutputTensor[] = [];
  for (const [name, from] of outerRules) {
    const tensor = take(from);
    if (tensor) outputs.push(wholeTensor(tensor, name));
  }
  for (let layer = 0; tensors.has(`model.layers.${layer}.input_layernorm.weight`); layer++) {
    const prediction = layer >= facts.layers;
    const from = `model.layers.${layer}.`;
    const outer = prediction ? `mtp.layers.${layer - facts.layers}.` : "";
    const to = prediction ? `${outer}transformer_layer.` : `decoder.layers.${layer}.`;
    if (prediction) {
      take(`${from}embed_tokens.weight`);
      take(`${from}shared_head.head.weight`);
      for (const [name, part] of predictionRules) {
        const tensor = take(from + part);
        if (tensor) outputs.push(wholeTensor(tensor, outer + name));
      }
    }
    outputs.push(...layerTensors({ take, from, to }, facts));
  }
  return { outputs, left: [...tensors.keys()].filter((name) => !used.has(name)) };
}

interface Layer {
  readonly take: (name: string) => GlobalTensor | undefined;
  readonly from: string;
  readonly to: string;
}

function layerTensors({ take, from, to }: Layer, facts: ModelFacts): OutputTensor[] {
  const outputs: OutputTensor[] = [];
  for (const [name, part] of layerRules(facts.attention)) {
    const tensor = take(from + part);
    if (tensor) outputs.push(wholeTensor(tensor, to + name));
  }
  for (const place of ["mlp.", "mlp.shared_experts."]) {
    const [gate, up] = [take(`${from}${place}gate_proj.weight`), take(`${from}${place}up_proj.weight`)];
    if (gate && up) outputs.push(gatedPair([gate, up], `${to}${place}linear_fc1.weight`, facts));
  }
  const [q, k, v] = ["q", "k", "v"].map((letter) => take(`${from}self_attn.${letter}_proj.weight`));
  if (q && k && v) outputs.push(joinedAttention([q, k, v], `${to}self_attention.linear_qkv.weight`, facts));
  const experts = Array.from({ length: facts.experts }, (_, expert) =>
    ["gate_proj", "up_proj", "down_proj"].map((part) => take(`${from}mlp.experts.${expert}.${part}.weight`)),
  );
  if (experts[0]?.[0]) outputs.push(...stackedExperts(experts, { from, to }, facts));
  return outputs;
}

function gatedPair(
  [gate, up]: readonly [GlobalTensor, GlobalTensor],
  name: string,
  { interleaved }: ModelFacts,
): OutputTensor {
  const [rows = 0, ...rest] = gate.shape;
  const size = bitsOf(gate.dtype) / 8;
  const rowBytes = rest.reduce((product, count) => product * count, size);
  const look = { name, dtype: gate.dtype, shape: [2 * rows, ...rest] };
  const blocks = rowBlocksOf(rows, 2 * rowBytes);
  if (!interleaved) {
    return composedTensor(
      look,
      [gate, up].flatMap((tensor) => blocks.map(([a, b]) => boxPiece(tensor, rowsOf(tensor, a, b)))),
    );
  }
  const pieces = blocks.map(([from, to]): TensorPiece => {
    const reads = 2 * (to - from) * rowBytes;
    return {
      reads,
      async make(reader) {
        const halves = [
          await readRegion(gate, rowsOf(gate, from, to), { reader }),
          await readRegion(up, rowsOf(up, from, to), { reader }),
        ];
        const result = new Uint8Array(reads);
        for (const [half, bytes] of halves.entries()) {
          for (let row = 0; row < to - from; row++) {
            result.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), (2 * row + half) * rowBytes);
          }
        }
        return result;
      },
    };
  });
  return composedTensor(look, pieces);
}

function joinedAttention(parts: readonly GlobalTensor[], name: string, facts: ModelFacts): OutputTensor {
  const { heads, groups, headSize } = facts;
  const [q] = parts;
  const rows = [(heads / groups) * headSize, headSize, headSize];
  const pieces = Array.from({ length: groups }, (_, group) =>
    parts.map((tensor, at) => boxPiece(tensor, rowsOf(tensor, group * (rows[at] ?? 0), (group + 1) * (rows[at] ?? 0)))),
  ).flat();
  const total = groups * rows.reduce((sum, count) => sum + count, 0);
  return composedTensor({ name, dtype: q?.dtype ?? "F32", shape: [total, ...(q?.shape.slice(1) ?? [])] }, pieces);
}

function stackedExperts(
  experts: readonly (readonly (GlobalTensor | undefined)[])[],
  { from, to }: Pick<Layer, "from" | "to">,
  { hidden }: ModelFacts,
): OutputTensor[] {
  const complete = experts.map((parts, expert) => {
    const [gate, up, down] = parts;
    if (gate && up && down) return { gate, up, down };
    throw unknownModel(
      `${from}mlp.experts.${expert}: expected gate_proj, up_proj, and down_proj`,
      "the model lacks files",
    );
  });
  const [first] = complete;
  const ffn = first?.gate.shape[0] ?? 0;
  const dtype = first?.gate.dtype ?? "F32";
  const inputs = complete.map(({ gate, up }): TensorPiece => joinedColumns(gate, up));
  const outputs = complete.map(({ down }) => boxPiece(down, wholeRegion(down.shape), transposed));
  const count = experts.length;
  return [
    composedTensor({ name: `${to}mlp.experts.weight1`, dtype, shape: [count * hidden, 2 * ffn] }, inputs),
    composedTensor({ name: `${to}mlp.experts.weight2`, dtype, shape: [count * ffn, hidden] }, outputs),
  ];
}

/** Gate and up [ffn, hidden] as one matrix [hidden, 2 × ffn]. */
function joinedColumns(gate: GlobalTensor, up: GlobalTensor): TensorPiece {
  const size = bitsOf(gate.dtype) / 8;
  const [ffn = 0, hidden = 0] = gate.shape;
  const rowBytes = ffn * size;
  return {
    reads: 2 * ffn * hidden * size,
    async make(reader: PartReader) {
      const halves = [gate, up].map(async (tensor) =>
        transposed(await readRegion(tensor, wholeRegion(tensor.shape), { reader }), tensor.shape, size),
      );
      const result = new Uint8Array(2 * ffn * hidden * size);
      for (const [half, bytes] of (await Promise.all(halves)).entries()) {
        for (let row = 0; row < hidden; row++) {
          result.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), (2 * row + half) * rowBytes);
        }
      }
      return result;
    },
  };
}

function unknownModel(message: string, hint: string): CheckpointError {
  return new CheckpointError("CONVERT_MODEL_UNKNOWN", message, { hint });
}
