import { hasAll, requireArgument } from "../core/arguments.js";
import { requireOptions } from "../core/options/option-names.js";
import { formatCount, formatDuration } from "../core/units.js";
import { drawFigure, Figure } from "../view/charts/figure.js";
import { type LineChartSpec, lineDrawings } from "../view/charts/kinds/line-chart.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { tableBundle } from "../view/table.js";
import { recentStepMs } from "./read/status.js";
import type { StepRecord } from "./record/events.js";
import { readRunFile } from "./record/run-file.js";
import type { Run } from "./run.js";
import { measured, measures, type PlotName, requirePlots } from "./watch/plots.js";

/**
 * What the horizontal axis counts: optimizer steps, tokens seen since the first start, or minutes since the first run
 * began.
 */
export type CompareAxis = "step" | "tokens" | "time";

const axisLabels: Readonly<Record<CompareAxis, string>> = {
  step: "step",
  tokens: "tokens",
  time: "minutes since the first run began",
};

interface Curve {
  readonly run: Run;
  readonly steps: readonly StepRecord[];
  /** Tokens before the run's first step. */
  readonly tokensBefore: number;
}

async function readCurve(run: Run): Promise<Curve> {
  const steps = await run.steps();
  const { parent, tokensPerStep = 0 } = run.description;
  const parentFile = parent && (await readRunFile(parent.folder).catch(() => undefined));
  return { run, steps, tokensBefore: (parent?.step ?? 0) * (parentFile?.tokensPerStep ?? tokensPerStep) };
}

function position(curve: Curve, step: StepRecord, how: { readonly x: CompareAxis; readonly began: number }): number {
  const { parent, tokensPerStep = 0 } = curve.run.description;
  if (how.x === "tokens") return curve.tokensBefore + (step.step - (parent?.step ?? 0)) * tokensPerStep;
  return how.x === "time" ? (step.time - how.began) / 60_000 : step.step;
}

function chartOf(curves: readonly Curve[], plot: PlotName, x: CompareAxis): LineChartSpec {
  const began = Math.min(...curves.flatMap(({ steps }) => steps.slice(0, 1)).map(({ time }) => time));
  const series = curves.map((curve) => {
    const points = measured(curve.steps, plot, curve.run.description.tokensPerStep ?? 0);
    return {
      name: curve.run.name,
      x: points.map(({ step }) => position(curve, step, { x, began })),
      y: points.map(({ y }) => y),
    };
  });
  const markers = curves.flatMap((curve) => {
    const first = curve.steps[0];
    return curve.run.description.parent && first
      ? [{ x: position(curve, first, { x, began }), label: `resumed at step ${first.step}` }]
      : [];
  });
  const title = `${measures[plot].label}: ${curves.map(({ run }) => run.name).join(", ")}`;
  return { title, x: { label: axisLabels[x] }, y: { label: measures[plot].label }, series, markers };
}

/**
 * Several runs side by side: a table of their figures when shown, and one plot with a line per run.
 *
 * @example
 * const runs = compareRuns([await openRun("first"), await openRun("first-2")]);
 * runs.plot("loss", { x: "tokens" });
 */
export class Comparison {
  readonly runs: readonly Run[];

  /** @internal Use compareRuns. */
  constructor(runs: readonly Run[]) {
    this.runs = runs;
  }

  /**
   * One figure of all runs, which reads them when it is shown; a resumed run is drawn where its global steps are.
   * @throws ARGUMENT_INVALID for an unknown plot.
   */
  plot(plot: PlotName, options: { readonly x?: CompareAxis } = {}): Figure<Promise<MimeBundle>> {
    requirePlots([plot]);
    requireOptions(options, "plot", { names: ["x"], example: 'compareRuns(runs).plot("loss", { x: "tokens" })' });
    const { x = "step" } = options;
    requireArgument(Object.hasOwn(axisLabels, x), {
      ...{ call: "plot, x", expected: Object.keys(axisLabels).join(", "), found: x },
      example: 'compareRuns(runs).plot("loss", { x: "tokens" })',
    });
    return new Figure(async () =>
      drawFigure(lineDrawings(chartOf(await Promise.all(this.runs.map(readCurve)), plot, x))),
    );
  }

  async [displayKey](): Promise<MimeBundle> {
    const rows = await Promise.all(this.runs.map(rowOf));
    return tableBundle({
      title: formatCount(this.runs.length, "run"),
      columns: [
        { key: "run" },
        { key: "state" },
        { key: "steps", align: "right" },
        { key: "first loss", align: "right" },
        { key: "last loss", align: "right" },
        { key: "lowest loss", align: "right" },
        { key: "tokens/s", align: "right" },
        { key: "took", align: "right" },
        { key: "continues" },
      ],
      rows,
    });
  }
}

async function rowOf(run: Run): Promise<Record<string, string>> {
  const [status, steps] = [await run.status(), await run.steps()];
  const losses = steps.map(({ loss }) => loss).filter(Number.isFinite);
  const { parent, tokensPerStep = 0 } = run.description;
  const stepMs = recentStepMs(steps);
  const loss = (value: number | undefined) => (value === undefined ? "" : value.toFixed(4));
  return {
    run: run.name,
    state: status.state,
    steps: steps.length > 0 ? `${steps[0]?.step}–${steps.at(-1)?.step}` : "none",
    "first loss": loss(steps[0]?.loss),
    "last loss": loss(steps.at(-1)?.loss),
    "lowest loss": loss(losses.length > 0 ? losses.reduce((a, b) => Math.min(a, b)) : undefined),
    "tokens/s": stepMs === undefined ? "" : formatCount(Math.round((tokensPerStep * 1000) / stepMs)),
    took: status.endedAt === undefined ? "" : formatDuration(status.endedAt - status.startedAt),
    continues: parent ? `${parent.name} from step ${parent.step}` : "",
  };
}

/**
 * Puts runs side by side; reads their folders when it is shown.
 *
 * @example
 * const runs = [await openRun("first"), await openRun("first-2")];
 * compareRuns(runs).plot("loss", { x: "tokens" });
 */
export function compareRuns(runs: readonly Run[]): Comparison {
  const example = "compareRuns([run, next])";
  requireArgument(Array.isArray(runs), { call: "compareRuns", expected: "a list of runs", found: runs, example });
  for (const [index, run] of runs.entries())
    requireArgument(hasAll(run, "steps", "description"), {
      ...{ call: `compareRuns, runs[${index}]`, expected: "a run", found: run, example },
    });
  return new Comparison([...runs]);
}
