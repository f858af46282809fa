import { formatBytes } from "../../core/units.js";
import { estimateMemory } from "../../model/memory/estimate.js";
import type { Candidate } from "../../model/search/enumerate.js";
import type { Hardware } from "../../model/search/hardware.js";
import type { StepTime } from "../../model/search/step-time.js";
import type { ModelShape } from "../../model/shape.js";

const causes: readonly (readonly [keyof StepTime, string])[] = [
  ["bubble", "pipeline waits"],
  ["tensor", "tp traffic"],
  ["expert", "token exchange"],
  ["context", "cp traffic"],
  ["data", "gradients"],
  ["pipeline", "stage traffic"],
];

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Where the step's time goes, the two largest beside computing; parts below 4 % are left out. */
export function timeText(time: StepTime): string {
  const others = causes
    .map(([cause, words]) => [time[cause] / time.total, words] as const)
    .filter(([share]) => share >= 0.04)
    .sort(([a], [b]) => b - a)
    .slice(0, 2);
  return [
    `computing ${percent(time.compute / time.total)}`,
    ...others.map(([share, words]) => `${words} ${percent(share)}`),
  ].join(", ");
}

function recomputeText({ options, layout }: Candidate, shape: ModelShape, limit: number): string {
  if (options.recompute.layers !== "all")
    return options.recompute.select ? "activations recomputed" : "nothing recomputed";
  const without = estimateMemory(shape, layout, { ...options, recompute: { layers: "none", select: false } }).peak;
  return without > limit ? `recomputed, else ${formatBytes(without)}` : "recomputed, would fit without";
}

/** Why a layout is where it is in the ranking: where its time goes, what it pays to fit. */
export function explain(
  candidate: Candidate,
  { shape, hardware, limit }: { shape: ModelShape; hardware: Hardware; limit: number },
): string {
  const { layout, time } = candidate;
  const reasons = [timeText(time)];
  if (layout.tensorParallel > hardware.devicesPerNode) reasons.push("tp crosses nodes");
  reasons.push(recomputeText(candidate, shape, limit));
  return reasons.join("; ");
}
