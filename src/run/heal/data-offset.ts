import type { Config } from "../../config/config.js";
import { CheckpointError } from "../../core/error.js";
import type { DecisionEvent } from "../record/events.js";
import type { RunFile } from "../record/run-file.js";

type Skip = NonNullable<DecisionEvent["skip"]>;

/**
 * Batches that the data position is ahead of the step, as the configuration of the run has it from the start:
 * MindFormers' `data_skip_steps` is the position itself. 0 if the data goes on where the training does.
 */
export function offsetAtStart(config: Config, { parent }: Pick<RunFile, "parent">): number {
  const position = config.get("data_skip_steps");
  return typeof position === "number" && position > 0 ? position - (parent?.step ?? 0) : 0;
}

/**
 * The offset of an attempt that goes on from a step and leaves batches out. All from the checkpoint up to the last bad
 * one are left out: the engine can only move its position forward.
 */
export function offsetAfterSkip(offset: number, { fromStep, batches }: Skip, step: number): number {
  return Math.max(offset, fromStep + batches - 1 - step + offset);
}

/** The offset when a step of the run was done, by what was decided until then. */
export function offsetAt(
  step: number,
  start: number,
  decisions: readonly Pick<DecisionEvent, "skip" | "fromStep">[],
): number {
  let offset = start;
  for (const { skip, fromStep } of decisions)
    if (skip !== undefined && fromStep !== undefined && fromStep < step)
      offset = offsetAfterSkip(offset, skip, fromStep);
  return offset;
}

/**
 * What was left out stays left out when a run is resumed: sets the data position of a continuation from one of its
 * checkpoints. True if that changed the configuration.
 * @throws RESUME_IMPOSSIBLE if the continuation has another global batch: positions are counted in steps.
 */
export function keepOffset(
  config: Config,
  step: number,
  run: Pick<RunFile, "parent"> & {
    readonly decisions: readonly DecisionEvent[];
    /** The continuation's steps have as many samples as those of the run. */
    readonly sameBatch: boolean;
  },
): boolean {
  const offset = offsetAt(step, offsetAtStart(config, run), run.decisions);
  if (offset === 0) return false;
  if (run.sameBatch) {
    config.set("data_skip_steps", step + offset);
    return true;
  }
  const found = `the data is ${offset} batches ahead of the steps, and the global batch would change`;
  throw new CheckpointError("RESUME_IMPOSSIBLE", `checkpoint of step ${step}: ${found}`, {
    hint: "keep workers and batch size, or set: { data_skip_steps: … }, in steps of the new global batch",
    details: { step, offset },
  });
}
