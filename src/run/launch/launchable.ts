import type { Issue } from "../../core/error.js";
import type { CommandPlace, NodeCommand } from "../../plan/command/command.js";
import type { SimulateOptions } from "../../plan/command/simulate.js";

/** The part of a plan that `launchRun` needs; `planRun` makes it. */
export interface LaunchablePlan {
  readonly config: { readonly text: string; get(path: string): unknown };
  /** Undefined if only reading the data shows it. */
  readonly totalSteps: number | undefined;
  readonly tokensPerStep: number | undefined;
  readonly cluster: { readonly port: number; readonly simulate?: SimulateOptions };
  /** Needed for a simulated cluster: time of a step, milliseconds. */
  readonly duration?: { readonly stepMs: number } | undefined;
  /** Needed for a simulated cluster: steps between two checkpoints. */
  readonly disk?: { readonly everySteps?: number | undefined };
  /** MindSpore's fault tolerance; with `refused` the run's own recovery takes its place. */
  readonly tolerance?: { readonly refused?: string } | undefined;
  /** Findings that keep the run from starting; `launchRun` refuses them without a reason (`override`). */
  readonly errors?: readonly Issue[];
  commands(place: CommandPlace): readonly NodeCommand[];
}

/**
 * Rank whose log shows the true loss: with pipeline parallelism only the last stage computes it (the last rank's log
 * has it; with the zero_bubble_v schedule it is rank 0's), otherwise rank 0.
 */
export function lossRankOf(config: LaunchablePlan["config"], workers: number): number {
  const stages = Number(config.get("parallel_config.pipeline_stage") ?? 1);
  const schedule = config.get("parallel.pipeline_config.pipeline_scheduler");
  return stages > 1 && schedule !== "zero_bubble_v" ? workers - 1 : 0;
}
