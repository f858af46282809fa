import { drawFigure } from "../view/charts/figure.js";
import { lineDrawings } from "../view/charts/line-chart.js";
import type { MimeBundle } from "../view/display-contract.js";
import type { StepRecord } from "./record/events.js";
import type { RunFile } from "./record/run-file.js";
import type { RunStatus } from "./status.js";
import { statusLine } from "./status-card.js";

/** What can be drawn of a run; `throughput` is in tokens per second by the engine's own step times. */
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

/** Points of one measure; steps that did not report it are left out. */
export function measured(
  steps: Iterable<StepRecord>,
  plot: PlotName,
  tokensPerStep: number,
): { readonly step: StepRecord; readonly y: number }[] {
  const points = Array.from(steps, (step) => ({ step, y: measures[plot].value(step, tokensPerStep) }));
  return points.filter((point) => point.y !== undefined) as { step: StepRecord; y: number }[];
}

/** The figure of one measure of a run so far, with the state in its title. */
export function runPlot(
  plot: PlotName,
  { file, steps }: { readonly file: RunFile; readonly steps: Iterable<StepRecord> },
  status?: RunStatus,
): MimeBundle {
  const points = measured(steps, plot, file.tokensPerStep ?? 0);
  const state = status ? statusLine(status) : "reading";
  const phase = status?.state === "preparing" && status.message ? ` (${status.message})` : "";
  const drawings = lineDrawings({
    title: `${file.name}: ${state}${phase}`,
    x: { label: "step" },
    y: { label: measures[plot].label },
    series: [{ name: measures[plot].label, x: points.map(({ step }) => step.step), y: points.map(({ y }) => y) }],
  });
  return drawFigure(drawings);
}
