import { formatCount } from "../core/units.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { tableBundle } from "../view/table.js";
import { requireShape } from "./require-shape.js";
import { layersOf, type ModelShape } from "./shape.js";
import { inputTensors, layerTensors, type ModelTensor, mtpTensors, outputTensors, tensorSize } from "./tensors.js";

/**
 * Parameter counts of a model. As published sizes do, they include the routers' expert biases, which are adjusted,
 * not trained.
 */
export interface ParameterCount {
  readonly attentionPerLayer: number;
  readonly denseLayer: number;
  /** 0 without experts. */
  readonly expertLayer: number;
  readonly embedding: number;
  /** 0 if the embedding is used (`tie_word_embeddings`). */
  readonly output: number;
  /** Embedding, layers, and output layer. */
  readonly main: number;
  readonly mtp: number;
  /** main + mtp: what MindFormers trains and stores. */
  readonly total: number;
  /** Of `main`: the parameters that one token uses. */
  readonly activeMain: number;
  /** Values that belong to routed experts (main and mtp). */
  readonly routedExperts: number;
  /** What MindFormers holds besides `total`: load counters of the routers, one value per expert and layer each. */
  readonly counters: number;
  /** Of `total` + `counters`: what has a gradient and optimizer states. */
  readonly trainable: number;
  [displayKey](): MimeBundle;
}

type Counts = Omit<ParameterCount, typeof displayKey>;

function countBundle(counts: Counts): MimeBundle {
  const rows: [string, number][] = [
    ["all that is trained and stored", counts.total],
    ["main model, without token prediction", counts.main],
    ["embedding", counts.embedding],
    ["a dense layer", counts.denseLayer],
    ["a layer with experts", counts.expertLayer],
    ["attention of a layer", counts.attentionPerLayer],
    ["output layer", counts.output],
    ["token prediction", counts.mtp],
    ["routed experts", counts.routedExperts],
    ["used by one token", counts.activeMain],
    ["with gradient and optimizer states", counts.trainable],
  ];
  return tableBundle({
    title: `${formatCount(counts.total)} parameters`,
    columns: [{ key: "part" }, { key: "parameters", align: "right" }],
    rows: rows.filter(([, count]) => count > 0).map(([part, count]) => ({ part, parameters: formatCount(count) })),
  });
}

/** The counts with a table of their own; it is no value among them. */
function withTable(counts: Counts): ParameterCount {
  return Object.defineProperty({ ...counts }, displayKey, { value: () => countBundle(counts) }) as ParameterCount;
}

const isCounter = ({ name }: ModelTensor): boolean => /\.(expert_load|fi_accu)$/.test(name);

function sum(tensors: readonly ModelTensor[], which: (tensor: ModelTensor) => boolean = () => true): number {
  return tensors.filter(which).reduce((total, tensor) => total + tensorSize(tensor), 0);
}

const counted = (tensors: readonly ModelTensor[]): number => sum(tensors, (tensor) => !isCounter(tensor));

/**
 * Counts the parameters of a model's layers as MindFormers 1.9 builds them; a test compares every tensor.
 * Shown as a table.
 *
 * @example
 * const model = (await openConfig("pretrain_deepseek3_1b")).get("model.model_config");
 * countParameters(modelShape(model as Record<string, unknown>)).total;
 */
export function countParameters(shape: ModelShape): ParameterCount {
  requireShape(shape, "countParameters");
  const layers = layersOf(shape);
  const parts = [
    { times: 1, tensors: inputTensors(shape) },
    { times: layers.dense, tensors: layerTensors(shape, "dense") },
    { times: layers.expert, tensors: layerTensors(shape, "expert") },
    { times: 1, tensors: outputTensors(shape) },
  ];
  const [input, dense, expert, output] = parts.map(({ tensors }) => tensors) as [
    ModelTensor[],
    ModelTensor[],
    ModelTensor[],
    ModelTensor[],
  ];
  const mtpLayer = shape.mtpLayers > 0 ? mtpTensors(shape) : [];
  const all = [...parts, { times: shape.mtpLayers, tensors: mtpLayer }];
  const over = (count: (tensors: ModelTensor[]) => number, from = all): number =>
    from.reduce((total, { times, tensors }) => total + times * count(tensors), 0);
  const routed = (tensors: ModelTensor[]): number => sum(tensors, ({ part }) => part === "experts");
  const main = over(counted, parts);
  const e = shape.experts;
  const idle = e === undefined ? 0 : (layers.expert * routed(expert) * (e.experts - e.perToken)) / e.experts;
  const mtp = shape.mtpLayers * counted(mtpLayer);
  return withTable({
    attentionPerLayer: sum(dense, ({ name }) => name.startsWith("self_attention.")),
    denseLayer: counted(dense),
    expertLayer: e === undefined ? 0 : counted(expert),
    embedding: counted(input),
    output: sum(output, ({ part }) => part === "output"),
    main,
    mtp,
    total: main + mtp,
    activeMain: main - idle,
    routedExperts: over(routed),
    counters: over((tensors) => sum(tensors, isCounter)),
    trainable: over((tensors) => sum(tensors, ({ trainable }) => trainable)),
  });
}
