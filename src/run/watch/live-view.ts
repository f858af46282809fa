import { formatDuration } from "../../core/units.js";
import { drawFigure } from "../../view/charts/figure.js";
import { lineDrawings, panelDrawings } from "../../view/charts/kinds/line-chart.js";
import type { MimeBundle } from "../../view/display-contract.js";
import { factsBundle } from "../../view/sections.js";
import type { RunStatus } from "../read/status.js";
import { isTerminal, type StepRecord } from "../record/events.js";
import type { RunFile } from "../record/run-file.js";
import { measured, measures, type PlotName } from "./plots.js";
import { leftLine, statusLine } from "./status-card.js";

/** What a run is doing before its first step. */
export interface Phase {
  readonly name: string;
  readonly waitingFor: string;
}

const phases: readonly (readonly [pattern: RegExp, phase: Phase])[] = [
  [/dataset/i, { name: "building the dataset", waitingFor: "the index of the training data" }],
  [
    /start.*train/i,
    {
      name: "compiling the model's graph",
      waitingFor: "the first step; a first compilation takes minutes, later ones load the result",
    },
  ],
  [/checkpoint|resum|load/i, { name: "loading the checkpoint", waitingFor: "the weights on every rank" }],
  [/model|network|optimizer|wrapper/i, { name: "building the model", waitingFor: "the workers' Python" }],
];

/** The phase of a run that has no step yet; undefined in every other state. */
export function phaseOf(status: RunStatus): Phase | undefined {
  if (status.state === "starting")
    return { name: "starting the engine", waitingFor: "the first line of a worker; importing MindSpore takes a while" };
  if (status.state !== "preparing") return undefined;
  const known = phases.find(([pattern]) => pattern.test(status.message))?.[1];
  return known ?? { name: status.message || "workers are starting", waitingFor: "the workers to find each other" };
}

export interface ViewedRun {
  readonly file: RunFile;
  readonly steps: Iterable<StepRecord>;
  readonly plots: readonly PlotName[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** True for the last view of a run that trains on without being followed. */
  readonly isLeft?: boolean;
}

/**
 * A run as `watch` shows it: what it is waiting for until there is a point, then one figure with a panel for each plot.
 */
export function runView(viewed: ViewedRun, status?: RunStatus): MimeBundle {
  const { file, plots } = viewed;
  const steps = [...viewed.steps];
  const curves = plots.map((plot) => ({ plot, points: measured(steps, plot, file.tokensPerStep ?? 0) }));
  const drawn = curves.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return waitingBundle(viewed, status);
  const title = `${file.name}: ${status ? (viewed.isLeft ? leftLine : statusLine)(status) : "reading"}`;
  const x = { label: "step" };
  const panels = drawn.map(({ plot, points }) => ({
    y: { label: measures[plot].label, ...(measures[plot].log && { log: true }) },
    series: [{ name: measures[plot].label, x: points.map(({ step }) => step.step), y: points.map(({ y }) => y) }],
  }));
  const [first] = panels;
  if (panels.length === 1 && first && plots.length === 1) return drawFigure(lineDrawings({ title, x, ...first }));
  const missing = curves.filter(({ points }) => points.length === 0).map(({ plot }) => plot);
  const notes = missing.length > 0 ? [`Not reported so far: ${missing.join(", ")}.`] : [];
  return drawFigure(panelDrawings({ title, x, panels, notes }));
}

function waitingBundle({ file, now, isLeft }: ViewedRun, status: RunStatus | undefined): MimeBundle {
  if (!status) return factsBundle(`Run ${file.name}`, [["phase", "reading the run folder"]]);
  const phase = phaseOf(status);
  const elapsed = formatDuration((status.endedAt ?? now) - status.startedAt);
  const { failure } = status;
  const state = isLeft ? leftLine(status) : status.state;
  return factsBundle(`Run ${file.name}: ${isTerminal(status.state) ? statusLine(status) : state}`, [
    ...(phase ? ([["phase", phase.name]] as const) : []),
    [isTerminal(status.state) ? "took" : "elapsed", elapsed],
    ...(phase && !isLeft ? ([["waiting for", phase.waitingFor]] as const) : []),
    ...(status.message !== "" && !phase ? ([["message", status.message]] as const) : []),
    ...(failure && failure.logTail.length > 0 ? ([["log", failure.logTail.slice(-8).join("\n")]] as const) : []),
  ]);
}
