import { isSection } from "../../config/text/values.js";
import { isWhole } from "../../core/arguments.js";
import { DataError } from "../../core/error.js";
import { type Blend, parseBlendList } from "../gpt-index/blend-list.js";
import { impossible } from "../gpt-index/epochs.js";
import type { GptSettings } from "../gpt-index/part-plan.js";

/** The section `data_loader` of a configuration that the engine reads a Megatron dataset with. */
export interface LoaderSection {
  /** Samples of train, valid, test. */
  readonly sizes: unknown;
  readonly shuffle?: unknown;
  readonly config: Readonly<Record<string, unknown>>;
}

/** The settings of the engine's BlendedMegatronDatasetDataLoader, with its defaults filled in. */
export interface LoaderSettings extends GptSettings {
  /** Folder of `path_to_cache`; undefined: a folder beside each dataset. */
  readonly pathToCache: string | undefined;
  /** Id that fills a short last sample and that the engine replaces by 0. */
  readonly pad: number;
}

/**
 * Reads the section as MindFormers' `init_gpt_dataset_config` does.
 * @throws DataError INDEX_IMPOSSIBLE for what the engine refuses, DATA_ORDER_UNKNOWN for an order that can't be
 * computed.
 */
export function readLoaderSection(section: LoaderSection): LoaderSettings {
  const { sizes, shuffle, config } = section;
  if ((shuffle ?? false) !== false) throw wrongShuffle(shuffle);
  return {
    blend: readBlend(config),
    sizes: readSizes(sizes),
    seed: wholeNumber("seed", config.seed ?? 1234, [0, 2 ** 32 - 1]),
    seqLength: wholeNumber("seq_length", config.seq_length, [2, 2 ** 31 - 2]),
    extraToken: (config.add_extra_token_to_sequence ?? true) ? 1 : 0,
    dropLastPartialValid: Boolean(config.drop_last_partial_validation_sequence ?? true),
    pathToCache:
      typeof config.path_to_cache === "string" && config.path_to_cache !== "" ? config.path_to_cache : undefined,
    pad: wholeNumber("pad", config.pad ?? -1, [-(2 ** 31), 2 ** 31 - 1]),
  };
}

/** @throws DataError INDEX_IMPOSSIBLE unless `data_loader.config` is a section. */
export function requireSection(values: unknown): LoaderSection["config"] {
  if (isSection(values)) return values as LoaderSection["config"];
  throw impossible(`data_loader.config: expected a section, found ${JSON.stringify(values) ?? "none"}`, {
    hint: "write the section, for example as in the template pretrain_deepseek3_tiny_cpu",
    set: ["config"],
  });
}

function readBlend(config: LoaderSection["config"]): GptSettings["blend"] {
  const perPart = ["train_data_path", "valid_data_path", "test_data_path"].map((key) => readList(key, config[key]));
  const all = readList("data_path", config.data_path);
  const { split } = config;
  if (perPart.some((blend) => blend !== undefined)) {
    if (all === undefined && (split ?? null) === null) return { perPart };
    throw impossible("data_path and split don't go together with lists per part (train_data_path, …)", {
      hint: "keep one of the two",
      set: ["data_path"],
    });
  }
  if (all === undefined)
    throw impossible("data_path: expected a list of prefixes, found none: the engine would train on made-up numbers", {
      hint: 'set data_path: ["1", "dataset/wiki_text_document"]',
      set: ["data_path"],
    });
  if (typeof split === "string") return { all, split };
  throw impossible(`split: expected a text such as "1, 0, 0", found ${JSON.stringify(split)}`, {
    hint: 'set split: "1, 0, 0"',
    set: ["split", "1, 0, 0"],
  });
}

function readList(key: string, value: unknown): Blend | undefined {
  if (value === undefined || value === null) return undefined;
  const blend = Array.isArray(value) && value.length > 0 ? parseBlendList(value) : undefined;
  if (blend !== undefined) return blend;
  throw impossible(`${key}: expected prefixes, or pairs of weight and prefix, found ${JSON.stringify(value)}`, {
    hint: `set ${key}: ["0.3", "dataset/a_text_document", "0.7", "dataset/b_text_document"]`,
    set: [key],
  });
}

function readSizes(value: unknown): (number | undefined)[] {
  const good = Array.isArray(value) && value.length >= 3 && value.every((size) => size === null || isWhole(size, 0));
  if (good) return (value as (number | null)[]).map((size) => size ?? undefined);
  throw impossible(
    `sizes: expected three whole numbers of samples (train, valid, test), found ${JSON.stringify(value)}`,
    {
      hint: "set sizes: [1000, 0, 0]",
      set: ["sizes"],
    },
  );
}

/** MindSpore's GeneratorDataset takes a bool or None only. */
function wrongShuffle(shuffle: unknown): DataError {
  const found = shuffle === true ? "True" : JSON.stringify(shuffle);
  const why = shuffle === true ? ": MindSpore would shuffle the shuffled samples again" : "";
  return new DataError("DATA_ORDER_UNKNOWN", `data_loader.shuffle: expected False, found ${found}${why}`, {
    hint: 'config.set("train_dataset.data_loader.shuffle", false)',
    details: { setting: "shuffle", value: false },
  });
}

function wholeNumber(key: string, value: unknown, [low, high]: readonly [number, number]): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high) return value;
  throw impossible(`${key}: expected a whole number from ${low} to ${high}, found ${JSON.stringify(value)}`, {
    hint: `set ${key} in train_dataset.data_loader.config`,
    set: [key],
  });
}
