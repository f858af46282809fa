import { requireShape } from "./require-shape.js";
import { type GroupedAttention, type LatentAttention, type LayerKind, type ModelShape, mtpKind } from "./shape.js";

/** How MindFormers splits a tensor over the devices of one pipeline stage. */
export type TensorSplit =
  /** Every device holds it (norms, router, downward projections of latent attention, shared experts). */
  | "whole"
  /** model_parallel divides the first dimension (ColumnParallelLinear) … */
  | "columns"
  /** … or the second (RowParallelLinear). */
  | "rows"
  /** model_parallel divides the vocabulary, if it is divisible (VocabParallelEmbedding). */
  | "vocabulary"
  /** expert_parallel divides the experts, model_parallel nothing (FFNGroupedGEMM). */
  | "experts";

/** What a tensor belongs to, for tables. */
export type TensorPart =
  | "embedding"
  | "attention"
  | "dense"
  | "experts"
  | "shared"
  | "router"
  | "norm"
  | "output"
  | "mtp";

/** One tensor of the model as MindFormers 1.9's training graph holds it. */
export interface ModelTensor {
  /** MindFormers' name within the layer (or the model). */
  readonly name: string;
  /** In MindFormers' order: outputs first. */
  readonly shape: readonly number[];
  readonly part: TensorPart;
  readonly split: TensorSplit;
  /** False for values that training adjusts or counts without a gradient; they have no optimizer state. */
  readonly trainable: boolean;
  /** False if optimizer parallelism never shards it. */
  readonly shardable: boolean;
}

/** Number of values. */
export function tensorSize({ shape }: ModelTensor): number {
  return shape.reduce((product, size) => product * size, 1);
}

type Made = readonly [name: string, shape: readonly number[], split: TensorSplit];

const inPart =
  (part: TensorPart) =>
  ([name, shape, split]: Made): ModelTensor => ({ name, shape, part, split, trainable: true, shardable: true });

function norm(shape: ModelShape, name: string, size: number): ModelTensor[] {
  const weight: ModelTensor = {
    name: `${name}.${shape.normBias ? "gamma" : "weight"}`,
    shape: [size],
    part: "norm",
    split: "whole",
    trainable: true,
    shardable: !shape.normBias,
  };
  return shape.normBias ? [weight, { ...weight, name: `${name}.beta` }] : [weight];
}

/** A linear layer of MindFormers: weight [outputs, inputs] and, where configured, a bias. */
function linear(name: string, size: readonly [number, number], options: { split: TensorSplit; bias: boolean }): Made[] {
  const weight: Made = [`${name}.weight`, size, options.split];
  const biasSplit = options.split === "columns" ? "columns" : "whole";
  return options.bias ? [weight, [`${name}.bias`, [size[0]], biasSplit]] : [weight];
}

function latentTensors(shape: ModelShape, a: LatentAttention): ModelTensor[] {
  const key = a.nopeDimension + a.ropeDimension;
  const up = { split: "columns", bias: a.concatenated && shape.bias } as const;
  const down = { split: "whole", bias: a.concatenated && shape.bias } as const;
  const joint = a.keyValueRank + a.ropeDimension;
  const values: Made[] = linear("linear_proj", [shape.hidden, a.heads * a.valueDimension], {
    split: "rows",
    bias: shape.bias,
  });
  if (a.concatenated) {
    const first = a.queryRank ?? a.heads * key;
    values.push(...linear("linear_qkv", [first + joint, shape.hidden], down));
    if (a.queryRank !== undefined) values.push(...linear("linear_qb", [a.heads * key, a.queryRank], up));
    values.push(...linear("linear_kvb", [a.heads * (a.nopeDimension + a.valueDimension), a.keyValueRank], up));
  } else {
    if (a.queryRank === undefined) values.push(...linear("linear_q_proj", [a.heads * key, shape.hidden], up));
    else {
      values.push(...linear("linear_q_down_proj", [a.queryRank, shape.hidden], down));
      values.push(...linear("linear_q_up_proj", [a.heads * key, a.queryRank], up));
    }
    values.push(...linear("linear_kv_down_proj", [joint, shape.hidden], down));
    values.push(...linear("linear_kv_up_proj", [a.heads * (a.nopeDimension + a.valueDimension), a.keyValueRank], up));
  }
  const norms = a.norms
    ? [
        ...(a.queryRank === undefined ? [] : norm(shape, "q_layernorm", a.queryRank)),
        ...norm(shape, a.concatenated ? "k_layernorm" : "kv_layernorm", a.keyValueRank),
      ]
    : [];
  return [...values.map(inPart("attention")), ...norms];
}

function groupedTensors(shape: ModelShape, a: GroupedAttention): ModelTensor[] {
  const query = a.heads * a.headDimension;
  const joint = query + 2 * a.keyValueHeads * a.headDimension;
  const values: Made[] = [
    ...linear("linear_proj", [shape.hidden, query], { split: "rows", bias: shape.bias }),
    ...linear("linear_qkv", [joint, shape.hidden], { split: "columns", bias: a.bias || shape.bias }),
  ];
  const norms = a.norms
    ? [...norm(shape, "q_layernorm", a.headDimension), ...norm(shape, "k_layernorm", a.headDimension)]
    : [];
  return [...values.map(inPart("attention")), ...norms];
}

function denseTensors(shape: ModelShape): ModelTensor[] {
  const up = (shape.gated ? 2 : 1) * shape.feedForward;
  return [
    ...linear("mlp.linear_fc1", [up, shape.hidden], { split: "columns", bias: shape.bias }),
    ...linear("mlp.linear_fc2", [shape.hidden, shape.feedForward], { split: "rows", bias: shape.bias }),
  ].map(inPart("dense"));
}

function expertTensors(shape: ModelShape): ModelTensor[] {
  const e = shape.experts;
  if (e === undefined) return [];
  const counted = (name: string): ModelTensor => ({
    name: `mlp.router.${name}`,
    shape: [e.experts],
    part: "router",
    split: "whole",
    trainable: false,
    shardable: false,
  });
  const routed: Made[] = [
    ["mlp.experts.weight1", [e.experts * shape.hidden, 2 * e.feedForward], "experts"],
    ["mlp.experts.weight2", [e.experts * e.feedForward, shape.hidden], "experts"],
  ];
  const up = (shape.gated ? 2 : 1) * e.sharedFeedForward;
  const whole = { split: "whole", bias: shape.bias } as const;
  const shared: Made[] =
    e.sharedFeedForward === 0
      ? []
      : [
          ...linear("mlp.shared_experts.linear_fc1", [up, shape.hidden], whole),
          ...linear("mlp.shared_experts.linear_fc2", [shape.hidden, e.sharedFeedForward], whole),
          ...(e.sharedGate
            ? linear("mlp.shared_experts.shared_experts_gate", [1, shape.hidden], { split: "whole", bias: false })
            : []),
        ];
  return [
    inPart("router")(["mlp.router.weight", [e.experts, shape.hidden], "whole"]),
    ...(e.routerBias ? [counted("expert_bias"), counted("expert_load")] : []),
    counted("fi_accu"),
    ...routed.map(inPart("experts")),
    ...shared.map(inPart("shared")),
  ];
}

/**
 * Tensors of one layer, named within it. Source: `parallel_core/training_graph` of MindFormers 1.9; a test compares
 * names and shapes with its models.
 */
export function layerTensors(shape: ModelShape, kind: LayerKind): ModelTensor[] {
  const a = shape.attention;
  const attention = (a.kind === "latent" ? latentTensors(shape, a) : groupedTensors(shape, a)).map((tensor) => ({
    ...tensor,
    name: `self_attention.${tensor.name}`,
  }));
  return [
    ...norm(shape, "input_layernorm", shape.hidden),
    ...attention,
    ...norm(shape, "pre_mlp_layernorm", shape.hidden),
    ...(kind === "dense" ? denseTensors(shape) : expertTensors(shape)),
  ];
}

/** Tensors in front of the layers: the embedding. */
export function inputTensors(shape: ModelShape): ModelTensor[] {
  const tables: Made[] = [["embedding.word_embeddings.weight", [shape.vocabulary, shape.hidden], "vocabulary"]];
  if (shape.positions > 0)
    tables.push(["embedding.position_embeddings.weight", [shape.positions, shape.hidden], "vocabulary"]);
  return tables.map(inPart("embedding"));
}

/** Tensors behind the layers: the last norm and the output layer (unless it is the embedding). */
export function outputTensors(shape: ModelShape): ModelTensor[] {
  const output: Made[] = shape.tied ? [] : [["output_layer.weight", [shape.vocabulary, shape.hidden], "columns"]];
  return [...norm(shape, "decoder.final_layernorm", shape.hidden), ...output.map(inPart("output"))];
}

/** Tensors of one multi-token-prediction layer: a layer of the last one's kind, its projection and three norms. */
export function mtpTensors(shape: ModelShape): ModelTensor[] {
  const layer = layerTensors(shape, mtpKind(shape)).map((tensor) => ({
    ...tensor,
    name: `transformer_layer.${tensor.name}`,
  }));
  return [
    ...norm(shape, "enorm", shape.hidden),
    ...norm(shape, "hnorm", shape.hidden),
    inPart("mtp")(["eh_proj.weight", [shape.hidden, 2 * shape.hidden], "whole"]),
    ...layer,
    ...norm(shape, "final_layernorm", shape.hidden),
  ];
}

/**
 * Every tensor of the model, with MindFormers' full names.
 *
 * @example
 * const model = (await openConfig("pretrain_deepseek3_1b")).get("model.model_config");
 * const shape = modelShape(model as Record<string, unknown>);
 * modelTensors(shape).map(({ name, shape }) => `${name}: ${shape.join(" × ")}`);
 */
export function modelTensors(shape: ModelShape): ModelTensor[] {
  requireShape(shape, "modelTensors");
  const named = (prefix: string, tensors: readonly ModelTensor[]): ModelTensor[] =>
    tensors.map((tensor) => ({ ...tensor, name: `${prefix}${tensor.name}` }));
  const kinds = { dense: layerTensors(shape, "dense"), expert: layerTensors(shape, "expert") };
  return [
    ...inputTensors(shape),
    ...shape.layerKinds.flatMap((kind, index) => named(`decoder.layers.${index}.`, kinds[kind])),
    ...Array.from({ length: shape.mtpLayers }, (_, index) => named(`mtp.layers.${index}.`, mtpTensors(shape))).flat(),
    ...outputTensors(shape),
  ];
}
