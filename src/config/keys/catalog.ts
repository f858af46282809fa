import type { ReadValue } from "../../model/read-value.js";
import { callbackKeys } from "./sections/callback-sections.js";
import {
  checkpointKeys,
  datasetKeys,
  datasetTaskKeys,
  gptDatasetKeys,
  groupedScheduleKeys,
  megatronLoaderKeys,
  metricKeys,
  modelSectionKeys,
  tensorboardKeys,
  trainerKeys,
} from "./sections/data-sections.js";
import { generalKeys } from "./sections/general.js";
import { type KeyInfo, type Keys, key, type SectionInfo } from "./sections/key.js";
import { legacyExpertKeys } from "./sections/legacy-experts.js";
import { generalModelKeys, modelKeys } from "./sections/model-config.js";
import { optimizerKeys, scheduleKeys, typedKeys, wrapperKeys } from "./sections/optimizer-sections.js";
import {
  ascendKeys,
  contextKeys,
  healthKeys,
  jitKeys,
  monitorKeys,
  parallelConfigKeys,
  parallelKeys,
  parallelOptimizerKeys,
  pipelineKeys,
  recomputeKeys,
  runnerKeys,
  stableRankKeys,
  strategyKeys,
  swapKeys,
} from "./sections/run-sections.js";

const open = (keys: Keys): SectionInfo => ({ keys, strict: false });
const strict = (keys: Keys): SectionInfo => ({ keys, strict: true });

const sections: Readonly<Record<string, SectionInfo>> = {
  "": open(generalKeys),
  runner_config: strict(runnerKeys),
  parallel_config: strict(parallelConfigKeys),
  recompute_config: strict(recomputeKeys),
  swap_config: strict(swapKeys),
  moe_config: strict(legacyExpertKeys),
  monitor_config: strict(monitorKeys),
  "monitor_config.stable_rank_config": open(stableRankKeys),
  "monitor_config.health_checkpoint": open(healthKeys),
  parallel: open(parallelKeys),
  "parallel.parallel_optimizer_config": open(parallelOptimizerKeys),
  "parallel.pipeline_config": open(pipelineKeys),
  "parallel.strategy_ckpt_config": open(strategyKeys),
  context: open(contextKeys),
  "context.jit_config": open(jitKeys),
  "context.ascend_config": open(ascendKeys),
  trainer: open(trainerKeys),
  model: open(modelSectionKeys),
  "model.model_config": open(generalModelKeys),
  train_dataset: open(datasetKeys),
  "train_dataset.data_loader": open(megatronLoaderKeys),
  "train_dataset.data_loader.config": open(gptDatasetKeys),
  train_dataset_task: open(datasetTaskKeys),
  optimizer: open(optimizerKeys),
  lr_schedule: open(scheduleKeys),
  grouped_lr_schedule: open(groupedScheduleKeys),
  runner_wrapper: open(wrapperKeys),
  metric: open(metricKeys),
  tensorboard: open(tensorboardKeys),
  checkpoint: open(checkpointKeys),
};

/** Paths of all sections that the catalog knows, the top ("") first; `callbacks` stands for every callback. */
export const sectionPaths: readonly string[] = [...Object.keys(sections), "callbacks"];

function callbackSection(type: unknown): SectionInfo | undefined {
  const keys = typeof type === "string" && Object.hasOwn(callbackKeys, type) ? callbackKeys[type] : undefined;
  return keys === undefined ? undefined : open({ type: key("string", undefined, "which callback"), ...keys });
}

const groupPatterns = key("list", undefined, "patterns of the names of parameters");

/**
 * What may stand in the section at a path; undefined where everything may. Sections with a `type` (or model_type)
 * depend on it.
 */
export function sectionInfo(path: string, get: ReadValue): SectionInfo | undefined {
  const at = path.replace(/^train_dataset_task\.dataset_config(?=\.|$)/, "train_dataset");
  if (/^callbacks\.\d+$/.test(at)) return callbackSection(get(`${at}.type`));
  if (at === "train_dataset.data_loader" || at === "train_dataset.data_loader.config") {
    const type = get(`${path.replace(/\.config$/, "")}.type`);
    return type === "BlendedMegatronDatasetDataLoader" ? sections[at] : undefined;
  }
  if (at === "model.model_config")
    return get("use_legacy") === false ? open(modelKeys(get("model.model_config.model_type"))) : undefined;
  if (at === "optimizer" || at === "lr_schedule" || at === "runner_wrapper")
    return open(typedKeys(at, get(`${at}.type`)));
  if (/^grouped_lr_schedule\.(?:default|grouped\.\d+)$/.test(at))
    return open({ ...typedKeys("lr_schedule", get(`${at}.type`)), params: groupPatterns });
  return Object.hasOwn(sections, at) ? sections[at] : undefined;
}

/** What is known about one key, or undefined. */
export function keyInfo(path: string, get: ReadValue): KeyInfo | undefined {
  return keyLookup((section) => sectionInfo(section, get))(path);
}

/** `keyInfo` with sections that are looked up elsewhere. */
export function keyLookup(section: (path: string) => SectionInfo | undefined): (path: string) => KeyInfo | undefined {
  return (path) => {
    const cut = path.lastIndexOf(".");
    const keys = section(cut < 0 ? "" : path.slice(0, cut))?.keys;
    const name = path.slice(cut + 1);
    return keys !== undefined && Object.hasOwn(keys, name) ? keys[name] : undefined;
  };
}

/** Keys that several sections know, and the one that rules. In the other sections they have no effect or another. */
const ruling: Readonly<Record<string, string>> = {
  learning_rate: "lr_schedule.learning_rate",
  seed: "seed",
  shuffle: "train_dataset.data_loader.shuffle",
  seq_length: "model.model_config.seq_length",
};
const home = new Map<string, string>(Object.entries(ruling));
for (const [path, { keys }] of Object.entries(sections))
  for (const [name, { until }] of Object.entries(keys))
    if (path !== "" && until === undefined && !home.has(name)) home.set(name, `${path}.${name}`);

/**
 * Where a key that is not known in its own section belongs, if it is known elsewhere: `epochs` →
 * `runner_config.epochs`.
 */
export function homeOf(name: string): string | undefined {
  return home.get(name) ?? (Object.hasOwn(generalKeys, name) ? name : undefined);
}

/**
 * All keys of a section for those who have no configuration at hand: every type and model together, general defaults.
 */
export function allKeys(section: string): Keys {
  if (section === "callbacks")
    return Object.assign(
      { type: key("string", undefined, "which callback") },
      ...Object.values(callbackKeys).reverse(),
    ) as Keys;
  return Object.hasOwn(sections, section) ? (sections[section] as SectionInfo).keys : {};
}

/** True if MindFormers refuses a key that it does not know in this section. */
export function isStrict(section: string): boolean {
  return Object.hasOwn(sections, section) && (sections[section] as SectionInfo).strict;
}
