import { hasAll, requireArgument, requireWhole } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { requireKnownNames } from "../../core/options/option-names.js";
import { formatBytes, formatCount, parseBytes } from "../../core/units.js";
import { tokenWork } from "../../model/flops.js";
import { globalBatchOf } from "../../model/layout/batch.js";
import { singleDevice } from "../../model/layout/layout.js";
import { estimateMemory } from "../../model/memory/estimate.js";
import type { MemoryOptions } from "../../model/memory/options.js";
import { readMemoryOptions } from "../../model/memory/read-training.js";
import { countParameters } from "../../model/parameters.js";
import { knownShape, shapeProblem } from "../../model/read-shape.js";
import { type Candidate, enumerateLayouts } from "../../model/search/enumerate.js";
import { atlas800tA2 } from "../../model/search/hardware.js";
import type { ModelShape } from "../../model/shape.js";
import { isSection } from "../text/values.js";
import type { ConfigEdits } from "./config-edits.js";
import { ladder, type ModelNumbers, type Rung, readNumbers, scaleNumbers } from "./ladder.js";

/** Options of `config.scaleTo`: the hardware to fit. */
export interface ScaleTarget {
  /** Number of devices (of workers on a CPU). */
  readonly devices: number;
  /** Memory of one device (of one worker on a CPU), such as "64GB". */
  readonly memoryPerDevice: string | number;
  /** Default: "Ascend". */
  readonly device?: "Ascend" | "CPU";
  /** Tokens per sample; default: the configuration's own, on a CPU at most 128. */
  readonly seqLength?: number;
}

/** A model and a layout that fit. */
export interface Proposal {
  readonly rung: Rung;
  readonly numbers: ModelNumbers;
  readonly shape: ModelShape;
  readonly sequence: number;
  readonly globalBatch: number;
  /** Undefined on a CPU, where only data parallelism exists. */
  readonly layout: Candidate | undefined;
  /** Estimated bytes of the fullest device, and those that a proposal may fill (nine tenths of what is usable). */
  readonly memory: number;
  readonly limit: number;
}

/** Share of an NPU's memory that a run may use: 58 of 64 GB, as MindFormers' files set max_device_memory. */
export const usableShare = 58 / 64;

/** Share of the usable memory that a proposed model may fill by estimate: the rest is for the estimate's error. */
const margin = 0.9;

/**
 * Resident memory of a CPU worker for an estimate of its tensors: MindSpore and MindFormers loaded, then about five
 * times the tensors (graph, temporary copies, checkpoints). From two real runs, 444 MiB → 2,735 MiB and 765 MiB → 4,455
 * MiB (`src/model/README.md`).
 */
export function cpuWorkerBytes(estimate: number): number {
  return 600 * 2 ** 20 + 5 * estimate;
}

/**
 * FLOPs of a step that one CPU worker should have at most: some seconds on a laptop. Every expert multiplies every
 * token there.
 */
const cpuWork = 4e10;

interface Space {
  readonly config: ConfigEdits;
  readonly section: Readonly<Record<string, unknown>>;
  readonly target: ScaleTarget;
  readonly sequence: number;
  readonly limit: number;
  readonly options: MemoryOptions;
}

function shapeOn({ section, sequence }: Space, numbers: ModelNumbers): ModelShape | undefined {
  return knownShape({ ...section, ...numbers, seq_length: sequence });
}

function tryAscend(space: Space, shape: ModelShape): Pick<Proposal, "layout" | "memory" | "globalBatch"> | undefined {
  const { devices } = space.target;
  const own = globalBatchOf((path) => space.config.get(path)).size;
  const globalBatch = Math.max(1, Math.min(own, 16 * devices));
  const found = enumerateLayouts({
    shape,
    devices,
    globalBatch,
    largestMicroBatch: 1,
    base: { ...space.options, device: "Ascend", gradientShard: false },
    hardware: atlas800tA2,
    limit: space.limit,
  });
  const layout = found.fitting[0];
  return layout === undefined ? undefined : { layout, memory: layout.memory, globalBatch };
}

function tryCpu(space: Space, shape: ModelShape): Pick<Proposal, "layout" | "memory" | "globalBatch"> | undefined {
  const { devices } = space.target;
  const options: MemoryOptions = {
    ...space.options,
    device: "CPU",
    computeBytes: 4,
    optimizerShard: 1,
    statesOnHost: false,
    recompute: { layers: "none", select: false },
  };
  const memory = cpuWorkerBytes(estimateMemory(shape, { ...singleDevice, dataParallel: devices }, options).peak);
  const work = tokenWork(shape);
  const e = shape.experts;
  const foreign =
    e === undefined
      ? 0
      : (work.experts * (e.experts - e.perToken)) / (e.perToken + e.sharedFeedForward / e.feedForward);
  const flops = (work.total + foreign) * shape.sequence;
  return memory <= space.limit && flops <= cpuWork ? { layout: undefined, memory, globalBatch: devices } : undefined;
}

function refuse(space: Space, smallest: ModelNumbers): LabError {
  const { devices, memoryPerDevice } = space.target;
  return new LabError(
    "SCALE_IMPOSSIBLE",
    `scaleTo: no model of this kind fits into ${formatCount(devices, "device")} ` +
      `with ${formatBytes(space.limit)} to fill of ${memoryPerDevice}; ` +
      `tried down to hidden size ${smallest.hidden_size} and ${smallest.num_hidden_layers} layers`,
    { hint: 'config.scaleTo({ devices: 8, memoryPerDevice: "64GB" })', details: { devices, memoryPerDevice } },
  );
}

function openSpace(config: ConfigEdits, target: ScaleTarget): Space {
  const section = config.get("model.model_config");
  requireWhole(target.devices, 1, { call: "scaleTo, devices", example: "{ devices: 8 }" });
  const shape = isSection(section) ? knownShape(section) : undefined;
  if (!isSection(section) || shape === undefined)
    throw new LabError(
      "MODEL_NOT_COMPUTED",
      "scaleTo: the size of this model is not computed: " +
        `${isSection(section) ? shapeProblem(section) : "model.model_config is missing"}`,
      {
        hint:
          "write every number of model.model_config, or use a model_type of deepseek_v3, qwen3, qwen3_moe, " +
          "telechat3, telechat3_moe",
      },
    );
  const cpu = target.device === "CPU";
  const memory = parseBytes(target.memoryPerDevice, "memoryPerDevice");
  return {
    config,
    section,
    target,
    sequence: target.seqLength ?? (cpu ? Math.min(shape.sequence, 128) : shape.sequence),
    limit: memory * usableShare * margin,
    options: readMemoryOptions((path) => config.get(path)),
  };
}

/**
 * The first rung of the ladder, so the largest model, for which there is a layout that fits. Throws SCALE_IMPOSSIBLE,
 * MODEL_NOT_COMPUTED, ARGUMENT_INVALID.
 */
export function propose(config: ConfigEdits, target: ScaleTarget): Proposal {
  requireArgument(hasAll(target), {
    ...{ call: "scaleTo", expected: "the hardware to fit", found: target },
    example: 'config.scaleTo({ devices: 8, memoryPerDevice: "64GB" })',
  });
  requireKnownNames(target, "config.scaleTo", ["device", "devices", "memoryPerDevice", "seqLength"]);
  const space = openSpace(config, target);
  const original = readNumbers(space.section);
  const cpu = target.device === "CPU";
  let numbers = original;
  for (const rung of ladder(original)) {
    numbers = scaleNumbers(original, rung);
    const shape = shapeOn(space, numbers);
    // Weights alone must fit before it is worth looking at layouts.
    if (shape === undefined || (countParameters(shape).total * 4) / (cpu ? 1 : target.devices) > space.limit) continue;
    const fit = cpu ? tryCpu(space, shape) : tryAscend(space, shape);
    if (fit !== undefined) return { rung, numbers, shape, sequence: space.sequence, limit: space.limit, ...fit };
  }
  throw refuse(space, numbers);
}
