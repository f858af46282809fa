import { formatCount } from "../../core/units.js";
import type { StoredPoint } from "../read/stored-point.js";
import { type ChooseOptions, choosePlaced, firstOf } from "./choose-tensors.js";
import type { OutputFile, OutputNote, OutputPlan, OutputTensor } from "./output-plan.js";
import { wholeTensor } from "./tensor-source.js";

/** Options of `checkpoint.merge`. */
export interface CheckpointMergeOptions extends ChooseOptions {
  /** Folder that will hold the whole model. */
  readonly output: string;
  /** Most bytes of one file; default 5 GB, as Hugging Face splits models. */
  readonly fileBytes?: number;
}

export const defaultFileBytes = 5e9;

/**
 * Whole tensors in files `model-00001-of-0000N.safetensors`, with MindSpore's `param_name_map.json`, and what a resume
 * reads beside them: counters in `hyper_param.safetensors` (folders of ranks) and `common.json` (the 1.9 layout).
 */
export async function mergePlan(stored: StoredPoint, options: CheckpointMergeOptions): Promise<OutputPlan> {
  const tensors = (await choosePlaced(stored, options)).map(firstOf);
  const counters = tensors.filter(({ kind, shape }) => kind === "state" && shape.length === 0);
  const others = tensors.filter((tensor) => !counters.includes(tensor)).map((tensor) => wholeTensor(tensor));
  const files = modelFiles(others, options.fileBytes ?? defaultFileBytes, ownNames);
  const hyper: OutputFile = {
    path: "hyper_param.safetensors",
    format: "safetensors",
    metadata: { format: "ms" },
    tensors: counters.map((tensor) => wholeTensor(tensor)),
  };
  return {
    title: `merge ${formatCount(tensors.length, "tensor")} into whole ones`,
    files: counters.length > 0 ? [...files, hyper] : files,
    notes: [indexNote("param_name_map.json", files), ...(options.keep === "weights" ? [] : commonNote(stored))],
    remarks: [],
  };
}

/** How files of whole tensors are named, and what their header says. */
export interface ModelNames {
  readonly metadata: Readonly<Record<string, string>>;
  /** Name of the only file. */
  readonly single: string;
}

/**
 * Files under MindFormers' own tensor names. MindFormers 1.9 takes a folder with `model.safetensors` or
 * `model.safetensors.index.json` for a model of Hugging Face, finds none of its names in there, and trains on with
 * random weights.
 */
export const ownNames: ModelNames = { metadata: { format: "ms" }, single: "model-00001-of-00001.safetensors" };

/** `common.json` of the 1.9 layout, from which MindFormers resumes; none if the checkpoint says no step. */
function commonNote({ point }: StoredPoint): OutputNote[] {
  const hyper = point.common ?? point.parts.find(({ hyper }) => hyper?.step !== undefined)?.hyper;
  const step = hyper?.step;
  if (step === undefined) return [];
  const common = {
    epoch_num: hyper?.epoch ?? 1,
    step_num: step,
    global_step: step,
    loss_scale: hyper?.lossScale ?? null,
    global_batch_size: hyper?.globalBatchSize ?? null,
    ckpt_status: null,
  };
  return [{ path: "common.json", content: `${JSON.stringify(common, undefined, 4)}\n` }];
}

/** Files of at most `limit` bytes of tensors, numbered as Hugging Face numbers them. */
export function modelFiles(
  tensors: readonly OutputTensor[],
  limit: number,
  { metadata, single }: ModelNames,
): OutputFile[] {
  const groups: OutputTensor[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const tensor of tensors) {
    if (bytes + tensor.bytes > limit) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(tensor);
    bytes += tensor.bytes;
  }
  const digits = (value: number) => String(value).padStart(5, "0");
  const name = (index: number) =>
    groups.length === 1 ? single : `model-${digits(index + 1)}-of-${digits(groups.length)}.safetensors`;
  return groups.map((group, index) => ({ path: name(index), format: "safetensors", metadata, tensors: group }));
}

/** `{ metadata: { total_size }, weight_map: { tensor: file } }` */
export function indexNote(path: string, files: readonly OutputFile[]): OutputNote {
  const weightMap: Record<string, string> = Object.create(null);
  let total = 0;
  for (const file of files) {
    for (const { name, bytes } of file.tensors) {
      weightMap[name] = file.path;
      total += bytes;
    }
  }
  const content = JSON.stringify({ metadata: { total_size: total }, weight_map: weightMap }, undefined, 2);
  return { path, content: `${content}\n` };
}
