import { formatCount } from "../../core/units.js";
import type { Figure } from "../../view/charts/figure.js";
import { histogram } from "../../view/charts/kinds/histogram.js";
import { formatNumber } from "../../view/text.js";
import type { TensorStatistics } from "./statistics.js";

/** Distribution of a tensor's values, with mean and median marked and the counts that need attention in words. */
export function histogramFigure(found: TensorStatistics): Figure {
  const { name, mean, std, min, max, l2, zeros, nan, infinite, denormal, elements, quantiles } = found;
  const { from, to, counts, outside } = found.histogram;
  const width = (to - from) / Math.max(1, counts.length);
  const bins =
    width > 0
      ? counts.map((count, i) => ({ from: from + i * width, to: from + (i + 1) * width, count }))
      : [{ from: from - 0.5, to: from + 0.5, count: elements - nan - infinite }];
  const number = (value: number | undefined) => (value === undefined ? "none" : formatNumber(value));
  const marker = (label: string, x: number | undefined) => (x === undefined ? [] : [{ x, label }]);
  return histogram({
    title: `${name}: ${formatCount(elements)} values`,
    x: { label: "value", integer: false },
    y: { label: "elements" },
    bins,
    markers: [...marker("mean", mean), ...marker("median", quantiles["50%"])],
    facts: [
      `min ${number(min)}, max ${number(max)}, mean ${number(mean)}, std ${number(std)}, L2 ${number(l2)}`,
      [
        `zeros ${formatCount(zeros)}`,
        `NaN ${formatCount(nan)}`,
        `infinite ${formatCount(infinite)}`,
        `denormal ${formatCount(denormal)}`,
      ].join(", "),
      ...(outside > 0 ? [`${formatCount(outside)} values are outside of the bars`] : []),
    ],
  });
}
