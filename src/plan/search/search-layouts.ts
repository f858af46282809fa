import type { Config } from "../../config/config.js";
import { usableShare } from "../../config/scale/propose.js";
import { hasAll, requireArgument, requireObject, requireWhole } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { requireKnownNames } from "../../core/options/option-names.js";
import { parseBytes } from "../../core/units.js";
import { flopsPerStep } from "../../model/flops.js";
import { globalBatchOf } from "../../model/layout/batch.js";
import { readTraining } from "../../model/memory/read-training.js";
import { enumerateLayouts } from "../../model/search/enumerate.js";
import { atlas800tA2, type Hardware } from "../../model/search/hardware.js";
import { LayoutSearch } from "./layout-search.js";

/** Options of `searchLayouts`. */
export interface SearchOptions {
  /** Model, number types, optimizer; its layout is not used. */
  readonly config: Config;
  /** Number of devices. */
  readonly devices: number;
  /**
   * Memory of one device, such as "64GB". Of it 91 % are usable: 58 of 64, as MindFormers' files set max_device_memory.
   */
  readonly memoryPerDevice: string | number;
  /** Samples of one optimizer step; default: the configuration's own. */
  readonly globalBatch?: number;
  /** Largest `batch_size` to try; default 4. */
  readonly largestMicroBatch?: number;
  /** Speeds for the time estimates; default: Atlas 800T A2. Single values replace the default's. */
  readonly hardware?: Partial<Hardware>;
}

function wholeNumber(name: string, value: number): number {
  requireWhole(value, 1, { call: `searchLayouts, ${name}`, example: `{ ${name}: 8 }` });
  return value;
}

/**
 * All legal layouts for a number of devices (mesh of data, tensor, pipeline, context, and expert parallelism,
 * micro-batches, blocks per stage, optimizer parallelism, recomputation), those that fit into the memory ranked by
 * estimated step time. Memory is `estimateMemory`'s, times come from the model's FLOPs and the links' speeds
 * (`Hardware`): use them to compare layouts, not to predict days. Changes nothing; `result.best?.apply(config)` does.
 * Throws MODEL_NOT_COMPUTED for models whose size is not computed, ARGUMENT_INVALID for impossible numbers.
 *
 * @example
 * const config = await openConfig("pretrain_deepseek3_671b");
 * const search = searchLayouts({ config, devices: 256, memoryPerDevice: "64GB" });
 * search.best?.apply(config);
 */
export function searchLayouts(options: SearchOptions): LayoutSearch {
  const example = 'searchLayouts({ config, devices: 256, memoryPerDevice: "64GB" })';
  requireObject(options, "searchLayouts, options", example);
  const names = ["config", "devices", "memoryPerDevice", "globalBatch", "largestMicroBatch", "hardware"];
  requireKnownNames(options, "searchLayouts", names);
  requireArgument(hasAll(options.config, "get"), {
    ...{ call: "searchLayouts, config", expected: "a configuration", found: options.config, example },
  });
  const get = (path: string): unknown => options.config.get(path);
  const devices = wholeNumber("devices", options.devices);
  const facts = readTraining(get);
  if (facts === undefined)
    throw new LabError(
      "MODEL_NOT_COMPUTED",
      `the size of this model is not computed: model_type ${String(get("model.model_config.model_type"))}`,
      {
        hint:
          "write every number of model.model_config, or use a model_type of deepseek_v3, qwen3, qwen3_moe, " +
          "telechat3, telechat3_moe",
      },
    );
  const memoryPerDevice = parseBytes(options.memoryPerDevice, "memoryPerDevice");
  const globalBatch = wholeNumber("globalBatch", options.globalBatch ?? globalBatchOf(get).size);
  const hardware = { ...atlas800tA2, ...options.hardware };
  const limit = memoryPerDevice * usableShare;
  const found = enumerateLayouts({
    shape: facts.shape,
    devices,
    globalBatch,
    largestMicroBatch: wholeNumber("largestMicroBatch", options.largestMicroBatch ?? 4),
    base: { ...facts.options, device: "Ascend", gradientShard: false },
    hardware,
    limit,
  });
  const flops = flopsPerStep(facts.shape, globalBatch);
  return new LayoutSearch(found, { shape: facts.shape, devices, globalBatch, hardware, memoryPerDevice, limit, flops });
}
