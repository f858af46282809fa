import type { Figure } from "../../view/charts/figure.js";
import { lineChart } from "../../view/charts/kinds/line-chart.js";
import type { TensorDifference } from "./tensor-difference.js";

const most = 8;

/** Relative L2 over layer numbers: the kinds of tensors that changed most, a line each. */
export function layersFigure(title: string, differences: readonly TensorDifference[]): Figure {
  const kinds = new Map<string, Map<number, number>>();
  for (const { name, relativeL2 } of differences) {
    const match = /^(.*\blayers\.)(\d+)\.(.+)$/.exec(name);
    if (!match || relativeL2 === undefined || !Number.isFinite(relativeL2)) continue;
    const kind = `${match[1] === "decoder.layers." ? "" : match[1]}${match[3]}`;
    const points = kinds.get(kind) ?? new Map<number, number>();
    kinds.set(kind, points);
    points.set(Number(match[2]), relativeL2);
  }
  const strongest = [...kinds].sort(([, a], [, b]) => highest(b) - highest(a)).slice(0, most);
  return lineChart({
    title,
    x: { label: "layer" },
    y: { label: "relative L2 change" },
    series: strongest.map(([name, points]) => {
      const sorted = [...points].sort(([a], [b]) => a - b);
      return { name, x: sorted.map(([layer]) => layer), y: sorted.map(([, value]) => value) };
    }),
  });
}

function highest(points: ReadonlyMap<number, number>): number {
  let top = 0;
  for (const value of points.values()) top = Math.max(top, value);
  return top;
}
