import type { GetValue } from "../settings.js";
import {
  callbackKeys,
  checkpointKeys,
  datasetKeys,
  datasetTaskKeys,
  gptDatasetKeys,
  megatronLoaderKeys,
  optimizerKeys,
  scheduleKeys,
  tensorboardKeys,
  trainerKeys,
  wrapperKeys,
} from "./data-sections.js";
import { generalKeys } from "./general.js";
import type { KeyInfo, Keys, SectionInfo } from "./key.js";
import { modelKeys } from "./model-config.js";
import {
  ascendKeys,
  contextKeys,
  jitKeys,
  monitorKeys,
  parallelConfigKeys,
  parallelKeys,
  parallelOptimizerKeys,
  pipelineKeys,
  recomputeKeys,
  runnerKeys,
  strategyKeys,
  swapKeys,
} from "./run-sections.js";

const open = (keys: Keys): SectionInfo => ({ keys, strict: false });
const strict = (keys: Keys): SectionInfo => ({ keys, strict: true });

const sections: Readonly<Record<string, SectionInfo>> = {
  "": open(generalKeys),
  runner_config: strict(runnerKeys),
  parallel_config: strict(parallelConfigKeys),
  recompute_config: strict(recomputeKeys),
  swap_config: strict(swapKeys),
  monitor_config: strict(monitorKeys),
  parallel: open(parallelKeys),
  "parallel.parallel_optimizer_config": open(parallelOptimizerKeys),
  "parallel.pipeline_config": open(pipelineKeys),
  "parallel.strategy_ckpt_config": open(strategyKeys),
  context: open(contextKeys),
  "context.jit_config": open(jitKeys),
  "context.ascend_config": open(ascendKeys),
  trainer: open(trainerKeys),
  train_dataset: open(datasetKeys),
  train_dataset_task: open(datasetTaskKeys),
  "model.model_config": open(modelKeys),
  optimizer: open(optimizerKeys),
  lr_schedule: open(scheduleKeys),
  runner_wrapper: open(wrapperKeys),
  tensorboard: open(tensorboardKeys),
  checkpoint: open(checkpointKeys),
};

/** What may stand in the section at a path; undefined where everything may. Callbacks and data loaders depend on their `type`. */
export function sectionInfo(path: string, get: GetValue): SectionInfo | undefined {
  const at = path.replace(/^train_dataset_task\.dataset_config(?=\.|$)/, "train_dataset");
  if (/^callbacks\.\d+$/.test(at)) {
    const keys = callbackKeys[String(get(`${at}.type`))];
    return keys === undefined
      ? undefined
      : open({ type: { types: ["string"], default: undefined, meaning: "which callback" }, ...keys });
  }
  const megatron = get(`${path.replace(/\.config$/, "")}.type`) === "BlendedMegatronDatasetDataLoader";
  if (at === "train_dataset.data_loader") return megatron ? open(megatronLoaderKeys) : undefined;
  if (at === "train_dataset.data_loader.config") return megatron ? open(gptDatasetKeys) : undefined;
  if (at === "model.model_config" && get("use_legacy") !== false) return undefined;
  return sections[at];
}

/** What is known about one key, or undefined. */
export function keyInfo(path: string, get: GetValue): KeyInfo | undefined {
  const cut = path.lastIndexOf(".");
  const keys = sectionInfo(cut < 0 ? "" : path.slice(0, cut), get)?.keys;
  const name = path.slice(cut + 1);
  return keys !== undefined && Object.hasOwn(keys, name) ? keys[name] : undefined;
}

const home = new Map<string, string>();
for (const [path, { keys }] of Object.entries(sections))
  for (const name of Object.keys(keys))
    if (path !== "" && !home.has(name)) home.set(name, path === "" ? name : `${path}.${name}`);

/** Where a key that is not known in its own section belongs, if it is known elsewhere: `epochs` → `runner_config.epochs`. */
export function homeOf(name: string): string | undefined {
  return home.get(name) ?? (Object.hasOwn(generalKeys, name) ? name : undefined);
}
