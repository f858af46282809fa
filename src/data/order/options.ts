import { resolve } from "node:path";
import type { Config } from "../../config/config.js";
import { hasAll, requireArgument } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { parsePythonFloat } from "../gpt-index/python-numbers.js";
import type { SplitName } from "../gpt-index/split.js";
import type { OrderPlan } from "./epochs/batch-layout.js";
import { type LoaderSettings, readLoaderSection, requireSection } from "./loader-settings.js";

/**
 * Where the settings come from: a plan (which also gives steps and ranks), a configuration, or the values themselves.
 */
export type OrderOptions = OrderSource & {
  /** Which part of the data. Default: train. */
  readonly part?: SplitName;
};

/** A plan, a configuration, or the settings themselves. */
export type OrderSource = { readonly plan: OrderPlan } | { readonly config: Config } | HandSettings;

/** The settings that decide the order of one dataset or blend. */
export interface HandSettings {
  /**
   * Prefixes, or weights and prefixes in turn, as in MindFormers' `data_path`. Relative ones start at the working
   * directory.
   */
  readonly dataPath: readonly (string | number)[];
  /** Tokens that the model sees per sample. */
  readonly seqLength: number;
  /** Samples to request. Default: one epoch. */
  readonly samples?: number;
  /** Default: 1234, as the engine's. */
  readonly seed?: number;
  /** Shares of train, valid, and test. Default: `"1, 0, 0"`. */
  readonly split?: string;
}

/** Options of `dataset.order`: a plan, or settings whose defaults are the dataset's own. */
export type DatasetOrderOptions =
  | { readonly plan: OrderPlan }
  | (Partial<Omit<HandSettings, "dataPath">> & { readonly part?: SplitName });

/** Names of all options. */
export const orderNames = ["plan", "config", "part", "dataPath", "seqLength", "samples", "seed", "split"];

/** Reads the settings; throws ARGUMENT_INVALID, INDEX_IMPOSSIBLE, DATA_ORDER_UNKNOWN. */
export function orderSettings(options: OrderOptions): LoaderSettings {
  const example = 'await openDataOrder({ config: await openConfig("my-config.yaml") })';
  if ("plan" in options) {
    const isPlan = hasAll(options.plan, "config", "cluster");
    const expected = "the result of planRun";
    requireArgument(isPlan, { call: "openDataOrder, plan", expected, found: options.plan, example });
    return configSettings(options.plan.config);
  }
  if ("config" in options) {
    const isConfig = hasAll(options.config, "get");
    const expected = "a configuration";
    requireArgument(isConfig, { call: "openDataOrder, config", expected, found: options.config, example });
    return configSettings(options.config);
  }
  requireArgument(Array.isArray(options.dataPath), {
    ...{ call: "openDataOrder, dataPath", expected: "a list of prefixes (or a plan or config)" },
    ...{ found: options.dataPath, example },
  });
  const { dataPath, seqLength, samples, seed = 1234, split = "1, 0, 0", part = "train" } = options;
  const sizes = ["train", "valid", "test"].map((name) => (name === part ? (samples ?? null) : 0));
  const config = { data_path: absolutePath(dataPath), seq_length: seqLength, seed, split };
  return readLoaderSection({ sizes, config });
}

function absolutePath(dataPath: readonly (string | number)[]): (string | number)[] {
  const weight = (entry: string | number, i: number) => i % 2 === 0 && parsePythonFloat(String(entry)) !== undefined;
  const weighted = dataPath.length % 2 === 0 && dataPath.every((entry, i) => i % 2 === 1 || weight(entry, i));
  return dataPath.map((entry, i) => (weighted && i % 2 === 0 ? entry : resolve(String(entry).trim())));
}

/** The trainer replaces the task's copy of this section by this one. */
function configSettings(config: Config): LoaderSettings {
  const path = "train_dataset.data_loader";
  const type = config.get(`${path}.type`);
  if (type === "BlendedMegatronDatasetDataLoader")
    return readLoaderSection({
      sizes: config.get(`${path}.sizes`),
      shuffle: config.get(`${path}.shuffle`),
      config: requireSection(config.get(`${path}.config`)),
    });
  throw new LabError(
    "DATA_ORDER_UNKNOWN",
    `${path}.type: expected BlendedMegatronDatasetDataLoader, found ${JSON.stringify(type)}`,
    {
      hint: "the order is only known for Megatron datasets; MindRecord files are read as MindSpore shuffles them",
    },
  );
}
