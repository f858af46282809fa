import { LabError } from "../../core/error.js";
import { formatCount, formatDuration } from "../../core/units.js";
import type { Figure } from "../../view/charts/figure.js";
import { type TimelineBar, timelineChart } from "../../view/charts/kinds/timeline.js";
import type { PlanPipeline } from "../estimate/pipeline-settings.js";
import { type PipelineTimeline, pipelineTimeline } from "../estimate/timeline.js";
import type { PlanValues } from "../estimate/values.js";

const kinds = [
  { label: "forward", color: "#0072b2" },
  { label: "backward", color: "#d55e00" },
  { label: "forward, other blocks", color: "#56b4e9" },
  { label: "backward, other blocks", color: "#e69f00" },
] as const;

/** Most pieces of work that a timeline is made of; a step with more is not played. */
const mostTasks = 400_000;

/**
 * The timeline of one optimizer step; undefined without a pipeline or for a schedule that is not modeled
 * (zero_bubble_v, seqvpp, …).
 */
export function timelineOf(pipeline: PlanPipeline | undefined): PipelineTimeline | undefined {
  if (pipeline?.order === undefined) return undefined;
  const { order, stages, microBatches, blocks, forward, backwardFactor } = pipeline;
  if (2 * stages * blocks * microBatches > mostTasks) return undefined;
  return pipelineTimeline({ order, stages, microBatches, blocks, forward, backwardFactor });
}

/** Bubble of a pipeline whose stages all take the same time: (p − 1)/(v·m + p − 1). */
export function evenBubble({ stages, microBatches, blocks }: PlanPipeline): number {
  return (stages - 1) / (blocks * microBatches + stages - 1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function bubbleText(pipeline: PlanPipeline, timeline: PipelineTimeline): string {
  const { stages: p, microBatches: m, blocks: v } = pipeline;
  const formula = v === 1 ? `(${p} − 1)/(${m} + ${p} − 1)` : `(${p} − 1)/(${v}·${m} + ${p} − 1)`;
  return (
    `Bubble ${percent(timeline.bubble)} of the devices' time; ` +
    `with equal stages it would be ${formula} = ${percent(evenBubble(pipeline))}.`
  );
}

function busy(timeline: PipelineTimeline, stage: number): number {
  return (timeline.tasks[stage] ?? []).reduce((sum, { start, end }) => sum + end - start, 0);
}

function textOf(pipeline: PlanPipeline, timeline: PipelineTimeline): string {
  const rows = Array.from({ length: Math.min(32, pipeline.stages) }, (_, stage) => {
    const layers = pipeline.layers?.map((row) => row[stage]).join(" + ");
    const holds = layers === undefined ? "" : `layers ${layers}, `;
    return `  stage ${stage}: ${holds}works ${percent(busy(timeline, stage) / timeline.length)}`;
  });
  const batches = formatCount(pipeline.microBatches, "micro-batch", "micro-batches");
  const schedule = `${pipeline.scheduler}, ${batches}, ${pipeline.stages} stages × ${pipeline.blocks}`;
  return [schedule, ...rows, ...(pipeline.stages > 32 ? [`  ⋮ ${pipeline.stages - 32} stages more`] : [])].join("\n");
}

function refuse(plan: PlanValues): LabError {
  const found =
    plan.pipeline === undefined
      ? "pipeline_stage 1"
      : `the schedule ${plan.pipeline.scheduler} with ${plan.pipeline.blocks} blocks per stage ` +
        `and ${formatCount(plan.pipeline.microBatches)} micro-batches`;
  return new LabError(
    "ARGUMENT_INVALID",
    "timelineFigure: expected a pipeline with 1f1b, gpipe, interleaving, or seqpipe " +
      `and at most ${formatCount(mostTasks)} passes, found ${found}`,
    {
      hint: "plan.meshFigure()",
    },
  );
}

/**
 * One optimizer step of the pipeline as rows of forward and backward passes. @throws ARGUMENT_INVALID without a
 * pipeline.
 */
export function timelineFigure(plan: PlanValues): Figure {
  const { pipeline, duration } = plan;
  const timeline = timelineOf(pipeline);
  if (pipeline === undefined || timeline === undefined) throw refuse(plan);
  // With a known step time the axis is in seconds, else in forward passes of a layer.
  const scale = duration === undefined ? 1 : duration.stepMs / 1000 / timeline.length;
  const rows = timeline.tasks.map((tasks, stage) => ({
    label: `stage ${stage}`,
    bars: tasks.map(
      ({ kind, block, microBatch, start, end }): TimelineBar => ({
        start: start * scale,
        end: end * scale,
        kind: (kind === "forward" ? 0 : 1) + (block === 0 ? 0 : 2),
        label: String(microBatch),
      }),
    ),
  }));
  const assumptions = [
    `backward = ${pipeline.backwardFactor} · forward${pipeline.backwardFactor === 3 ? " (recomputation)" : ""}`,
    "layers weigh as their multiplications",
    "sending takes no time",
    ...(pipeline.scheduler === "seqpipe" ? ["seqpipe with one sequence chunk drawn as 1F1B"] : []),
    ...(duration === undefined ? [] : [`a step of ${formatDuration(duration.stepMs)} (${duration.basis})`]),
  ];
  return timelineChart({
    title: `Pipeline: one step, ${percent(timeline.bubble)} bubble`,
    xLabel: duration === undefined ? "time in forward passes of one layer" : "seconds",
    rows,
    kinds: pipeline.blocks > 1 ? kinds : kinds.slice(0, 2),
    notes: [bubbleText(pipeline, timeline), `Assumed: ${assumptions.join("; ")}.`],
    idle: "waiting",
    text: textOf(pipeline, timeline),
  });
}
