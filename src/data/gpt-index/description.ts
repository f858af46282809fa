import { createHash } from "node:crypto";
import { PythonFloat, type PythonObject, type PythonValue, pythonJson } from "./python-json.js";
import type { SplitName, SplitRange } from "./split.js";

/** What the name of a cached index depends on; everything but the content of the files. */
export interface GptIdentity {
  /** The prefix as it stands in `data_path`, blanks at its ends removed. */
  readonly prefix: string;
  readonly samples: number | undefined;
  readonly part: SplitName;
  readonly seed: number;
  readonly seqLength: number;
  /** The text of `split`; undefined if every part has its own list of datasets. */
  readonly split: string | undefined;
  readonly ranges: readonly SplitRange[] | undefined;
}

/** `unique_identifiers` of MindFormers' MegatronDataset. */
export function gptIdentifiers(identity: GptIdentity): PythonObject {
  const { ranges } = identity;
  return {
    class: "GPTDataset",
    dataset_path: identity.prefix,
    num_samples: identity.samples ?? null,
    index_split: identity.part,
    random_seed: identity.seed,
    sequence_length: identity.seqLength,
    split: identity.split ?? null,
    split_matrix: ranges === undefined ? null : ranges.map(rangeValue),
    tokenizer: null,
  };
}

/** The first share of the matrix begins with the integer 0 that MindFormers adds up from; all others are floats. */
function rangeValue(range: SplitRange, part: number): PythonValue {
  if (range === undefined) return null;
  const [low, high] = range;
  return [part === 0 ? 0 : new PythonFloat(low), new PythonFloat(high)];
}

export interface BlendIdentity {
  readonly datasets: readonly GptIdentity[];
  readonly part: SplitName;
  /** After normalization if `size` is given; else the numbers of samples, which are integers. */
  readonly weights: readonly number[];
  readonly size: number | undefined;
}

/** `unique_identifiers` of MindFormers' BlendedDataset. */
export function blendIdentifiers({ datasets, part, weights, size }: BlendIdentity): PythonObject {
  return {
    class: "BlendedDataset",
    datasets: datasets.map(gptIdentifiers),
    split: part,
    weights: size === undefined ? weights : weights.map((weight) => new PythonFloat(weight)),
    size: size ?? null,
  };
}

export interface Description {
  readonly text: string;
  /** Hexadecimal; the first part of the file names. */
  readonly md5: string;
}

export function describe(identifiers: PythonObject): Description {
  const text = pythonJson(identifiers);
  return { text, md5: createHash("md5").update(text, "utf8").digest("hex") };
}
