import type { Config } from "../../config/config.js";
import { isSection } from "../../config/text/values.js";
import type { MemoryEstimate } from "../../model/memory/estimate.js";
import { positive } from "../../model/read-value.js";

/** What the training writes to disk. */
export interface PlanDisk {
  /** Bytes of one checkpoint, all ranks' files together; undefined if the model's size is not known. */
  readonly checkpointBytes: number | undefined;
  /** `save_checkpoint_steps`; undefined if no checkpoint is saved before the end. */
  readonly everySteps: number | undefined;
  /** Checkpoints that the run writes, with the one at its end. */
  readonly written: number | undefined;
  /** Of these, how many stay (`keep_checkpoint_max`). */
  readonly kept: number | undefined;
  /** kept · checkpointBytes. */
  readonly checkpointsBytes: number | undefined;
  /** Estimated logs of all ranks and steps. */
  readonly logBytes: number | undefined;
  /** "safetensors" or "ckpt". */
  readonly format: string;
  /** Copies of a value in one checkpoint on average: ranks that hold the same values each write them. */
  readonly copies: number | undefined;
}

export interface DiskSettings {
  readonly devices: number;
  /** Number of trainable values. */
  readonly parameters: number | undefined;
  /** Estimated memory per stage: what each rank holds of weights and optimizer states is what it writes. */
  readonly memory: MemoryEstimate | undefined;
  readonly totalSteps: number | undefined;
}

/** Float32 weight and both Adam moments. */
const bytesPerParameter = 12;

/**
 * Bytes of logs that one rank writes: at its start (compilation, configuration) and with each step. A step's line and
 * progress bar stand in msrun's worker log, in msrun's own output and in MindFormers' log. Measured on a training of 2
 * ranks on CPU (62 steps): 221,000 and 2,077.
 */
export const logBytes = { start: 220_000, step: 2080 } as const;

/** Settings of the callback that saves checkpoints, with MindFormers' defaults; undefined without one. */
export function checkpointSettings(
  config: Config,
): { path: string; everySteps: number; keep: number; format: string; slim: boolean } | undefined {
  const callbacks = config.get("callbacks");
  const index = Array.isArray(callbacks)
    ? callbacks.findIndex((each) => isSection(each) && each.type === "CheckpointMonitor")
    : -1;
  if (index < 0) return undefined;
  const get = (path: string): unknown => config.get(`callbacks.${index}.${path}`);
  return {
    path: `callbacks.${index}`,
    everySteps: positive(get, "save_checkpoint_steps", 1),
    keep: positive(get, "keep_checkpoint_max", 5),
    format: String(get("checkpoint_format") ?? "ckpt"),
    slim: get("remove_redundancy") === true || config.get("remove_redundancy") === true,
  };
}

/** Every rank writes its slices of weights and states, also those that other ranks hold too. */
function allRanks({ memory, devices }: DiskSettings): number | undefined {
  if (memory === undefined) return undefined;
  const perStage = devices / memory.stages.length;
  return memory.stages.reduce(
    (sum, { weights, optimizer, onHost }) => sum + (weights + optimizer + onHost) * perStage,
    0,
  );
}

/** Disk space of checkpoints and logs. */
export function diskOf(config: Config, settings: DiskSettings): PlanDisk {
  const { parameters, totalSteps, devices } = settings;
  const saving = checkpointSettings(config);
  const once = parameters === undefined ? undefined : bytesPerParameter * parameters;
  const slim = saving?.slim ?? config.get("remove_redundancy") === true;
  const checkpointBytes = slim ? once : allRanks(settings);
  const written =
    saving === undefined || totalSteps === undefined ? undefined : Math.ceil(totalSteps / saving.everySteps);
  const kept = saving === undefined ? undefined : Math.min(written ?? saving.keep, saving.keep);
  return {
    checkpointBytes,
    everySteps: saving?.everySteps,
    written,
    kept,
    checkpointsBytes: checkpointBytes === undefined || kept === undefined ? undefined : kept * checkpointBytes,
    logBytes: totalSteps === undefined ? undefined : devices * (logBytes.start + logBytes.step * totalSteps),
    format: saving?.format ?? "ckpt",
    copies: checkpointBytes === undefined || once === undefined ? undefined : checkpointBytes / once,
  };
}
