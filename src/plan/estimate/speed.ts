import { requireObject } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { formatCount, parseDuration } from "../../core/units.js";
import type { StepEstimate } from "./step-estimate.js";

/** How fast the training is, as far as it is known. */
export type PlanSpeed =
  /** Tokens per second of one device, as reports of trainings state it. */
  | { readonly tokensPerSecondPerDevice: number }
  | { readonly tokensPerSecond: number }
  /** Time of one optimizer step, such as "30s" or a number of milliseconds. */
  | { readonly stepTime: string | number }
  /**
   * Steps of an earlier run: `await run.steps()`; the median counts, without the first steps. With the earlier run's
   * `tokensPerStep` and `devices` its throughput per device is carried over; without them its step time is taken as it
   * is.
   */
  | {
      readonly steps: readonly { readonly stepTimeMs: number }[];
      readonly tokensPerStep?: number;
      readonly devices?: number;
    }
  /** Share of the devices' peak (model FLOPs utilization, 0 to 1), with the peak of one device in TFLOPS (16-bit). */
  | { readonly utilization: number; readonly peakTflops: number };

/** Time and throughput of the whole run when nothing fails. */
export interface PlanDuration {
  readonly stepMs: number;
  readonly tokensPerSecond: number | undefined;
  /** Steps · step time. */
  readonly workMs: number | undefined;
  /** Devices · hours. */
  readonly deviceHours: number | undefined;
  readonly basis: "stated" | "measured" | "estimated";
  /** The arithmetic with its assumptions. */
  readonly arithmetic: string;
}

export interface WorkSize {
  readonly devices: number;
  readonly tokensPerStep: number | undefined;
  readonly flopsPerToken: number | undefined;
  readonly totalSteps: number | undefined;
  /** What is taken where no speed is given. */
  readonly estimate: StepEstimate | undefined;
}

/** The first steps compile and fill caches. */
const warmUpSteps = 5;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function positiveNumber(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new LabError("ARGUMENT_INVALID", `speed.${name}: expected a number above 0, found ${value}`, {
    hint: "speed: { tokensPerSecondPerDevice: 1200 }",
  });
}

type Step = Pick<PlanDuration, "stepMs" | "basis" | "arithmetic">;

function needTokens(size: WorkSize): number {
  if (size.tokensPerStep !== undefined) return size.tokensPerStep;
  throw new LabError("ARGUMENT_INVALID", "speed: the tokens of a step are not known, so expected a stepTime", {
    hint: 'speed: { stepTime: "30s" }',
  });
}

function fromTokens(perSecond: number, size: WorkSize, how: { basis: Step["basis"]; why: string }): Step {
  const tokens = needTokens(size);
  return {
    stepMs: (tokens / perSecond) * 1000,
    basis: how.basis,
    arithmetic: `${formatCount(tokens)} tokens per step / ${formatCount(Math.round(perSecond))} tokens/s (${how.why})`,
  };
}

function fromUtilization(use: { utilization: number; peakTflops: number }, size: WorkSize): Step | undefined {
  if (size.flopsPerToken === undefined || size.tokensPerStep === undefined) return undefined;
  const perSecond = use.utilization * use.peakTflops * 1e12 * size.devices;
  const stepMs = (size.flopsPerToken * size.tokensPerStep * 1000) / perSecond;
  const work = ((size.flopsPerToken * size.tokensPerStep) / 1e15).toPrecision(4);
  const speed = `${use.peakTflops} TFLOPS · ${Math.round(use.utilization * 100)} %`;
  return {
    stepMs,
    basis: "stated",
    arithmetic: `${work} PFLOP per step / (${formatCount(size.devices)} devices · ${speed}) as given`,
  };
}

function fromSteps(speed: Extract<PlanSpeed, { steps: unknown }>, size: WorkSize): Step {
  const times = speed.steps.map(({ stepTimeMs }) => stepTimeMs).filter((time) => Number.isFinite(time) && time > 0);
  if (times.length === 0)
    throw new LabError("ARGUMENT_INVALID", `speed.steps: expected steps of an earlier run, found none with a time`, {
      hint: "speed: { steps: await run.steps() }",
    });
  const warm = times.length > 2 * warmUpSteps ? times.slice(warmUpSteps) : times;
  const middle = median(warm);
  const why = `median of ${formatCount(warm.length)} steps of an earlier run`;
  if (speed.tokensPerStep === undefined || speed.devices === undefined)
    return { stepMs: middle, basis: "measured", arithmetic: why };
  const perDevice = (speed.tokensPerStep * 1000) / middle / speed.devices;
  return fromTokens(perDevice * size.devices, size, { basis: "measured", why });
}

function stepOf(speed: PlanSpeed | undefined, size: WorkSize): Step | undefined {
  if (speed === undefined) return size.estimate && { ...size.estimate, basis: "estimated" };
  requireObject(speed, "planRun, speed", 'speed: { stepTime: "30s" }');
  const stated = { basis: "stated", why: "as given" } as const;
  if ("stepTime" in speed)
    return {
      stepMs: positiveNumber("stepTime", parseDuration(speed.stepTime, "speed.stepTime")),
      basis: "stated",
      arithmetic: "the step time as given",
    };
  if ("tokensPerSecond" in speed)
    return fromTokens(positiveNumber("tokensPerSecond", speed.tokensPerSecond), size, stated);
  if ("tokensPerSecondPerDevice" in speed) {
    const each = positiveNumber("tokensPerSecondPerDevice", speed.tokensPerSecondPerDevice);
    return fromTokens(each * size.devices, size, { basis: "stated", why: `${each} per device as given` });
  }
  if ("steps" in speed) return fromSteps(speed, size);
  const use = {
    utilization: positiveNumber("utilization", speed.utilization),
    peakTflops: positiveNumber("peakTflops", speed.peakTflops),
  };
  return fromUtilization(use, size);
}

/**
 * Wall time and device hours without failures; undefined if the speed is neither given nor can be estimated (on CPU:
 * measure a few steps).
 */
export function durationOf(speed: PlanSpeed | undefined, size: WorkSize): PlanDuration | undefined {
  const step = stepOf(speed, size);
  if (step === undefined) return undefined;
  const workMs = size.totalSteps === undefined ? undefined : step.stepMs * size.totalSteps;
  return {
    ...step,
    tokensPerSecond: size.tokensPerStep === undefined ? undefined : (size.tokensPerStep * 1000) / step.stepMs,
    workMs,
    deviceHours: workMs === undefined ? undefined : (workMs / 3_600_000) * size.devices,
  };
}
