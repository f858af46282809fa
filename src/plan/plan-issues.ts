import type { Config } from "../config/config.js";
import type { Issue } from "../core/error.js";
import { formatCount, formatDuration } from "../core/units.js";
import { checkpointSettings } from "./estimate/disk.js";
import type { PlanValues } from "./estimate/values.js";

/** From this loss of training time on, another interval between checkpoints is worth a finding. */
const worthWhile = 0.02;

/**
 * What only the prediction of failures can find: checkpoints that are so rare (or so frequent) that they cost training
 * time.
 */
export function reliabilityIssues(
  config: Config,
  { reliability: r, duration }: Pick<PlanValues, "reliability" | "duration">,
): Issue[] {
  const saving = checkpointSettings(config);
  if (r === undefined || duration === undefined || saving === undefined || r.bestRatio - r.ratio < worthWhile)
    return [];
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
  const path = `${saving.path}.save_checkpoint_steps`;
  const interval = `${formatCount(saving.everySteps, "step")} (${formatDuration(saving.everySteps * duration.stepMs)})`;
  return [
    {
      severity: r.ratio < 0.5 ? "warning" : "advice",
      rule: "checkpoint-interval",
      path,
      message:
        `training would take ${percent(r.ratio)} of the whole time with a checkpoint every ${interval} ` +
        `and a failure every ${formatDuration(r.mtbfMs)}; ` +
        `with a checkpoint every ${formatCount(r.bestSteps, "step")} it would be ${percent(r.bestRatio)}`,
      hint: `config.set("${path}", ${r.bestSteps})`,
    },
  ];
}

const grades = ["error", "warning", "advice"] as const;

/** Findings of several sources, errors first, each source in its order. */
export function graded(...sources: readonly (readonly Issue[])[]): Issue[] {
  return grades.flatMap((grade) => sources.flat().filter(({ severity }) => severity === grade));
}
