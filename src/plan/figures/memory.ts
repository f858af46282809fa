import { LabError } from "../../core/error.js";
import { formatBytes, parseBytes } from "../../core/units.js";
import type { StageMemory } from "../../model/memory/estimate.js";
import type { Figure } from "../../view/charts/figure.js";
import { stackedBars } from "../../view/charts/kinds/stacked-bars.js";
import type { PlanValues } from "../estimate/values.js";

const parts = [
  { key: "weights", label: "weights", color: "#0072b2" },
  { key: "gradients", label: "gradients", color: "#56b4e9" },
  { key: "optimizer", label: "optimizer", color: "#009e73" },
  { key: "copies", label: "copies of weights", color: "#e69f00" },
  { key: "activations", label: "activations", color: "#d55e00" },
  { key: "other", label: "communication, masks", color: "#999999" },
] as const;

/** Bytes that the training may use of a device: `context.max_device_memory`, else the cluster's memory per device. */
export function memoryLimit(
  plan: Pick<PlanValues, "config" | "cluster">,
): { readonly bytes: number; readonly source: string } | undefined {
  const text = plan.config.get("context.max_device_memory");
  const written = typeof text === "string" && /^\s*\d+(\.\d+)?\s*GB\s*$/.test(text) ? parseBytes(text) : undefined;
  if (written !== undefined && plan.cluster.device === "Ascend") return { bytes: written, source: "max_device_memory" };
  const { memoryPerDevice } = plan.cluster;
  return memoryPerDevice === undefined ? undefined : { bytes: memoryPerDevice, source: "memory of a device" };
}

const gigabyte = 2 ** 30;

function holds({ holds: extras, layers }: StageMemory): string {
  return [`${layers} layers`, ...extras].join(" + ");
}

function textOf(stages: readonly StageMemory[], peak: number): string {
  const rows = stages.slice(0, 32).map((stage) => {
    const values = parts
      .filter(({ key }) => stage[key] > 0)
      .map(({ key, label }) => `${label} ${formatBytes(stage[key])}`);
    const name = `stage ${stage.stage}${stage.stage === peak ? " *" : ""}`;
    return `  ${name}: ${formatBytes(stage.total)} = ${values.join(" + ")} (${holds(stage)})`;
  });
  return [...rows, ...(stages.length > 32 ? [`  ⋮ ${stages.length - 32} stages more`] : [])].join("\n");
}

/**
 * Estimated memory of a device of every stage, by kind, against the limit. @throws ARGUMENT_INVALID for models whose
 * size is not computed.
 */
export function memoryFigure(plan: PlanValues): Figure {
  const { memory } = plan;
  if (memory === undefined)
    throw new LabError(
      "ARGUMENT_INVALID",
      "memoryFigure: expected a model whose memory can be estimated, found another kind",
      {
        hint: "plan.meshFigure()",
      },
    );
  const limit = memoryLimit(plan);
  const onHost = Math.max(...memory.stages.map((stage) => stage.onHost));
  return stackedBars({
    title: `Memory: at most ${formatBytes(memory.peak)} of a device, on stage ${memory.peakStage}`,
    x: { label: "pipeline stage" },
    y: { label: "GB on each device of the stage" },
    bars: memory.stages.map((stage) => ({
      label: String(stage.stage),
      values: parts.map(({ key }) => stage[key] / gigabyte),
      hover: `· ${holds(stage)}, in all ${formatBytes(stage.total)}`,
    })),
    parts,
    ...(limit && { limit: { value: limit.bytes / gigabyte, label: `${limit.source}: ${formatBytes(limit.bytes)}` } }),
    notes: [
      "An estimate: weights, gradients, and optimizer are exact sums, " +
        "activations and copies are counted from MindFormers' graph.",
      ...(onHost > 0
        ? [`The optimizer state stays in host memory (swap): up to ${formatBytes(onHost)} per device.`]
        : []),
    ],
    text: textOf(memory.stages, memory.peakStage),
  });
}
