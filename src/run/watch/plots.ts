import { shownValue } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { suggestName } from "../../core/options/option-names.js";
import type { StepRecord } from "../record/events.js";

/** Curves of a run; `throughput` is in tokens per second by the engine's own step times. */
export type PlotName =
  | "loss"
  | "lm_loss"
  | "mtp_loss"
  | "load_balancing_loss"
  | "grad_norm"
  | "learning_rate"
  | "loss_scale"
  | "step_time"
  | "throughput";

interface Measure {
  readonly label: string;
  readonly log?: boolean;
  value(step: StepRecord, tokensPerStep: number): number | undefined;
}

/** Label and value of each plot. */
export const measures: Readonly<Record<PlotName, Measure>> = {
  loss: { label: "loss", value: (step) => step.loss },
  lm_loss: { label: "language model loss", value: (step) => step.lmLoss },
  mtp_loss: { label: "multi-token prediction loss", value: (step) => step.mtpLoss },
  load_balancing_loss: { label: "load balancing loss", value: (step) => step.loadBalancingLoss },
  grad_norm: { label: "gradient norm", value: (step) => step.gradNorm },
  learning_rate: { label: "learning rate", value: (step) => step.learningRate },
  loss_scale: { label: "loss scale", value: (step) => step.lossScale },
  step_time: { label: "step time in ms", value: (step) => step.stepTimeMs },
  throughput: { label: "tokens per second", value: (step, tokens) => (tokens * 1000) / Math.max(1, step.stepTimeMs) },
};

/** Refuses names of plots that do not exist. @throws ARGUMENT_INVALID with the name that was probably meant. */
export function requirePlots(plots: readonly string[]): void {
  const known = Object.keys(measures);
  const list: readonly unknown[] = Array.isArray(plots) ? plots : [plots];
  const at = list.findIndex((name) => typeof name !== "string" || !Object.hasOwn(measures, name));
  if (at < 0 && Array.isArray(plots)) return;
  const odd = list[at < 0 ? 0 : at];
  const near = at < 0 ? odd : typeof odd === "string" ? suggestName(odd, known) : undefined;
  const expected = at < 0 ? "a list of plots" : known.join(", ");
  throw new LabError("ARGUMENT_INVALID", `plot ${shownValue(odd)}: expected ${expected}`, {
    hint: `plots: [${JSON.stringify(near ?? "loss")}]`,
    details: { plot: odd, known },
  });
}

/** Points of one measure; steps that did not report it are left out. */
export function measured(
  steps: Iterable<StepRecord>,
  plot: PlotName,
  tokensPerStep: number,
): { readonly step: StepRecord; readonly y: number }[] {
  const points = Array.from(steps, (step) => ({ step, y: measures[plot].value(step, tokensPerStep) }));
  return points.filter((point) => point.y !== undefined) as { step: StepRecord; y: number }[];
}
