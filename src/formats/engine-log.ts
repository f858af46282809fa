import { patternOf } from "../core/patterns.js";
import { parseToleranceLine, type ToleranceLine } from "./tolerance-log.js";

/**
 * Lines that MindFormers and MindSpore write during training → values. Pure and tolerant: a line that says nothing
 * about
 * training gives undefined, never an error. Formats: MindFormers 1.9 `core/callback/callback.py` (MFLossMonitor,
 * CheckpointMonitor),
 * `trainer/base_trainer.py`, the PyNative trainer's monitor, and the same lines of the 2025 releases.
 */
export type EngineLine =
  | StepLine
  | PaceLine
  | { readonly kind: "counter"; readonly name: EngineCounter; readonly value: number }
  | SavingLine
  | { readonly kind: "iteration-saved"; readonly seconds: number }
  | SavedLine
  | { readonly kind: "phase"; readonly name: string }
  | { readonly kind: "over" }
  | { readonly kind: "dataset"; readonly batches: number }
  | { readonly kind: "flops"; readonly perStep: number }
  | { readonly kind: "skip"; readonly steps: number }
  | ToleranceLine
  | { readonly kind: "error"; readonly source: ErrorSource; readonly text: string };

/** `engine`: the layer between msrun and MindFormers (extensions/engine) refuses to start. */
export type ErrorSource = "python" | "mindformers" | "mindspore" | "engine";

/** Counters that are printed just before a checkpoint is written; the true ones also after a resume. */
export type EngineCounter = "global_batch_size" | "epoch_num" | "step_num" | "global_step";

export interface StepLine {
  readonly kind: "step";
  /** 1-based; the PyNative trainer knows no epochs and gives 1 of 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** 1-based within the epoch. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly loss: number;
  /** Mean over the epoch so far; printed when the sink mode is off. */
  readonly meanLoss?: number;
  readonly lmLoss?: number;
  readonly mtpLoss?: number;
  readonly loadBalancingLoss?: number;
  readonly indexerLoss?: number;
  readonly stepTimeMs: number;
  readonly learningRate?: number;
  readonly overflow?: boolean;
  readonly lossScale?: number;
  readonly gradNorm?: number;
  /** TFLOP/s per device as MindFormers computes it. */
  readonly teraflops?: number;
  /** Milliseconds since the epoch, from the line's own time stamp (the writer's local time). */
  readonly time?: number;
}

/** The second line of a step. */
export interface PaceLine {
  readonly kind: "pace";
  readonly percent: number;
  /** Samples per second and device. */
  readonly samplesPerSecond: number;
  readonly remainingMs: number;
}

export interface SavingLine {
  readonly kind: "saving";
  /** Global step, which the 1.9 layout says before a save; its end says none. */
  readonly iteration?: number;
}

export interface SavedLine {
  readonly kind: "saved";
  readonly what: "ckpt" | "network" | "trainable_params";
  /** As in the file's name: counted from the last start, not from the beginning of training. */
  readonly epoch: number;
  readonly step: number;
  readonly seconds: number;
  readonly time?: number;
}

const stepPattern = patternOf([
  /\{\s*Epoch:\[\s*(\d+)\/\s*(\d+)\],\s*step:\[\s*(\d+)\/\s*(\d+)\],\s*/,
  /loss:\s*(?:\[\s*([^/\]]+)\/\s*([^\]]+)\]|([^,\s]+)),\s*((?:[a-z_]+_loss:\s*[^,]+,\s*)*)/,
  /per_step_time:\s*(\d+)ms,\s*(?:lr:\s*([^,]+),\s*)?overflow cond:\s*([^,]+),\s*loss_scale:\s*([^,]+),\s*/,
  /global_norm:?\s*(None|\[[^\]]*\]|[^,\s]+)(?:,\s*train_throughput_per_npu:\s*([\d.]+)T)?/,
]);
const nativePattern = patternOf([
  /\{\s*step:\[\s*(\d+)\/\s*(\d+)\],\s*loss:\s*([^,\s]+),\s*per_step_time:\s*(\d+)ms,\s*/,
  /lr:\s*([^,]+),\s*grad_norm:\s*([^,]+),\s*throughput:\s*([\d.]+)T\s*\}/,
]);
const pacePattern =
  /([\d.]+)%\s*\|[^|]*\|\s*([\d.]+(?:e[-+]?\d+)?)\s*samples\/s\/p\s+(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)\s*\}/;
const savedPattern = /Finish saving (ckpt|network|trainable_params) of epoch (\d+) step (\d+) using ([\d.]+) seconds/;
const iterationPattern = /At current iteration '(\d+)', the weight will be saved in/;
/** The first is written when all ranks have saved, the second when all asynchronous saves are known to have ended. */
const iterationSavedPattern = /(?:Save checkpoint cost time|async save total time): ([\d.]+)s/;
const counterPattern = /- (global_batch_size|epoch_num|step_num|global_step): (\d+)\s*$/;
const phasePattern = /\.{8,}\s*([A-Z][^.]*?)\s*\.{8,}/;
const stampPattern = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d),(\d{3}) - /;
const engineError = "mindformers-lab engine: ERROR ";
const exceptionPattern = /^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Interrupt|Exit)\b(?::|$)/;

/** Milliseconds since the epoch of `2026-11-24 02:19:21,679 - …`, taken as this machine's local time. */
export function parseTimeStamp(line: string): number | undefined {
  const match = stampPattern.exec(line);
  if (!match) return undefined;
  const [year = 0, month = 1, day, hour, minute, second, ms] = match.slice(1).map(Number);
  return new Date(year, month - 1, day, hour, minute, second, ms).getTime();
}

/**
 * A number as Python or numpy prints it: `1.5`, `[1.5]`, `[1.e-06]`, `nan`, `-inf`; undefined for `None`,
 * `unavailable` and the like.
 */
export function parseEngineNumber(text: string | undefined): number | undefined {
  const bare = text?.replace(/^\s*\[?\s*|\s*\]?\s*$/g, "").toLowerCase() ?? "";
  const special = /^([-+]?)(nan|inf|infinity)$/.exec(bare);
  if (special) return special[2] === "nan" ? Number.NaN : special[1] === "-" ? -Infinity : Infinity;
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(bare) ? Number(bare) : undefined;
}

/** Keeps what is defined, so that optional fields are absent rather than undefined. */
function present<T extends object>(values: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

const separateLosses: Readonly<Record<string, "lmLoss" | "mtpLoss" | "loadBalancingLoss" | "indexerLoss">> = {
  lm_loss: "lmLoss",
  mtp_loss: "mtpLoss",
  load_balancing_loss: "loadBalancingLoss",
  indexer_loss: "indexerLoss",
};

function parseLosses(text: string): Partial<StepLine> {
  const entries = [...text.matchAll(/([a-z_]+_loss):\s*([^,]+),/g)].map((match) => [
    separateLosses[match[1] as string],
    parseEngineNumber(match[2]),
  ]);
  return Object.fromEntries(entries.filter(([key, value]) => key !== undefined && value !== undefined));
}

function parseOverflow(text: string): boolean | undefined {
  const word = text.replace(/[[\]\s]/g, "");
  return word === "True" ? true : word === "False" ? false : undefined;
}

function parseStep(line: string): StepLine | undefined {
  const match = stepPattern.exec(line);
  if (!match) return undefined;
  const loss = parseEngineNumber(match[5] ?? match[7]);
  return {
    kind: "step",
    epoch: Number(match[1]),
    epochs: Number(match[2]),
    step: Number(match[3]),
    stepsPerEpoch: Number(match[4]),
    loss: loss ?? Number.NaN,
    stepTimeMs: Number(match[9]),
    ...parseLosses(match[8] ?? ""),
    ...present({
      meanLoss: parseEngineNumber(match[6]),
      learningRate: parseEngineNumber(match[10]),
      overflow: parseOverflow(match[11] ?? ""),
      lossScale: parseEngineNumber(match[12]),
      gradNorm: parseEngineNumber(match[13]),
      teraflops: parseEngineNumber(match[14]),
      time: parseTimeStamp(line),
    }),
  };
}

function parseNativeStep(line: string): StepLine | undefined {
  const match = nativePattern.exec(line);
  if (!match) return undefined;
  return {
    kind: "step",
    epoch: 1,
    epochs: 1,
    step: Number(match[1]),
    stepsPerEpoch: Number(match[2]),
    loss: parseEngineNumber(match[3]) ?? Number.NaN,
    stepTimeMs: Number(match[4]),
    ...present({
      learningRate: parseEngineNumber(match[5]),
      gradNorm: parseEngineNumber(match[6]),
      teraflops: parseEngineNumber(match[7]),
      time: parseTimeStamp(line),
    }),
  };
}

function parsePace(line: string): PaceLine | undefined {
  const match = pacePattern.exec(line);
  if (!match) return undefined;
  const [days, hours, minutes, seconds] = match.slice(3).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return {
    kind: "pace",
    percent: Number(match[1]),
    samplesPerSecond: Number(match[2]),
    remainingMs: (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000,
  };
}

function parseSaved(line: string): SavedLine | undefined {
  const match = savedPattern.exec(line);
  if (!match) return undefined;
  return {
    kind: "saved",
    what: match[1] as SavedLine["what"],
    epoch: Number(match[2]),
    step: Number(match[3]),
    seconds: Number(match[4]),
    ...present({ time: parseTimeStamp(line) }),
  };
}

/** Saves of the 1.9 layout (`use_legacy_format: False`): `checkpoint/checkpoint.py`. */
function parseIteration(line: string): EngineLine | undefined {
  const iteration = iterationPattern.exec(line)?.[1];
  if (iteration !== undefined) return { kind: "saving", iteration: Number(iteration) };
  const seconds = iterationSavedPattern.exec(line)?.[1];
  return seconds === undefined ? undefined : { kind: "iteration-saved", seconds: Number(seconds) };
}

function parseCounter(line: string): EngineLine | undefined {
  const match = counterPattern.exec(line);
  return match ? { kind: "counter", name: match[1] as EngineCounter, value: Number(match[2]) } : undefined;
}

function numberAfter(line: string, words: string): number | undefined {
  const start = line.indexOf(words);
  const value = start < 0 ? Number.NaN : Number.parseInt(line.slice(start + words.length), 10);
  return Number.isNaN(value) ? undefined : value;
}

function parsePhase(line: string): EngineLine | undefined {
  if (line.includes("Training Over!")) return { kind: "over" };
  if (line.includes("......Saving ckpt......")) return { kind: "saving" };
  const match = phasePattern.exec(line);
  return match ? { kind: "phase", name: (match[1] as string).replace(/, Please Wait a Moment$/, "") } : undefined;
}

function parseError(line: string): EngineLine | undefined {
  if (line.startsWith("Traceback (most recent call last)") || exceptionPattern.test(line)) {
    return { kind: "error", source: "python", text: line };
  }
  if (line.startsWith(engineError)) return { kind: "error", source: "engine", text: line.slice(engineError.length) };
  if (/^\[(?:ERROR|CRITICAL)\]/.test(line)) return { kind: "error", source: "mindspore", text: line };
  if (/ - (?:ERROR|CRITICAL) - /.test(line)) return { kind: "error", source: "mindformers", text: line };
  return undefined;
}

function parseInformation(line: string): EngineLine | undefined {
  const batches = line.includes("Create train") ? numberAfter(line, "ing dataset finish, dataset size:") : undefined;
  if (batches !== undefined) return { kind: "dataset", batches };
  const perStep = numberAfter(line, "Full model flops calculated: ");
  if (perStep !== undefined) return { kind: "flops", perStep };
  const skip = /dataset skip (\d+) steps/.exec(line);
  return skip ? { kind: "skip", steps: Number(skip[1]) } : undefined;
}

/** What one line (without its end) says about training, or undefined. */
export function parseEngineLine(line: string): EngineLine | undefined {
  const brace = line.indexOf("{ ");
  if (brace >= 0 && line.includes("per_step_time:", brace)) return parseStep(line) ?? parseNativeStep(line);
  if (line.endsWith("}") && line.includes("samples/s/p")) return parsePace(line);
  if (line.includes("Finish saving ")) return parseSaved(line);
  const tolerance = parseToleranceLine(line);
  if (tolerance) return tolerance;
  if (line.includes(" - ") && / - INFO - /.test(line)) {
    return line.includes("......")
      ? parsePhase(line)
      : (parseCounter(line) ?? parseIteration(line) ?? parseInformation(line));
  }
  return parseError(line);
}
