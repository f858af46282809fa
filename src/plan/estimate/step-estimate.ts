import { formatDuration } from "../../core/units.js";
import { layersOnStages } from "../../model/layout/layers.js";
import type { TrainingFacts } from "../../model/memory/read-training.js";
import { countStages } from "../../model/memory/stage-layers.js";
import { staticGroups, tensorGroups } from "../../model/memory/static.js";
import { atlas800tA2 } from "../../model/search/hardware.js";
import { stepTime, workModel } from "../../model/search/step-time.js";

/** A step time with where it comes from. */
export interface StepEstimate {
  readonly stepMs: number;
  readonly arithmetic: string;
}

/**
 * What `searchLayouts` ranks layouts by, for the one layout of a plan: computing, waiting, and communication on Atlas
 * 800T A2, whose efficiency is assumed. Good for comparing meshes, not for promising days: the plan says so. Undefined
 * where the layout can't be worked out.
 */
export function estimateStep(
  { shape, layout, options }: TrainingFacts,
  devicesPerNode: number,
): StepEstimate | undefined {
  const layers = layersOnStages(shape.layerKinds.length, layout);
  if (layers === undefined) return undefined;
  const hardware = { ...atlas800tA2, devicesPerNode };
  const time = stepTime({
    work: workModel(shape),
    layout,
    options,
    stages: countStages(shape, layers, options.recompute),
    statics: staticGroups(tensorGroups(shape), layout, options),
    hardware,
  });
  if (!Number.isFinite(time.total) || time.total <= 0) return undefined;
  const communication = time.total - time.compute - time.bubble;
  const parts = { computing: time.compute, waiting: time.bubble, communication };
  const sum = Object.entries(parts).map(([name, seconds]) => `${name} ${formatDuration(seconds * 1000)}`);
  const assumed =
    `${hardware.peakFlops / 1e12} TFLOPS · ${hardware.efficiency * 100} % while computing, ` +
    `links at ${hardware.linkEfficiency * 100} % of nominal`;
  return {
    stepMs: time.total * 1000,
    arithmetic: `${sum.join(" + ")} (${hardware.name}: ${assumed}): assumed, not measured`,
  };
}
