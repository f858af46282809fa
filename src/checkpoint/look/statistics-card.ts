import { formatCount } from "../../core/units.js";
import { displayKey } from "../../view/display-contract.js";
import { factsBundle } from "../../view/sections.js";
import { formatNumber } from "../../view/text.js";
import type { TensorStatistics } from "./statistics.js";

/** Statistics of a tensor that show themselves as a card; everything else about them is plain. */
export function shownStatistics(found: TensorStatistics): TensorStatistics {
  return Object.defineProperty({ ...found }, displayKey, { value: () => statisticsCard(found) });
}

function statisticsCard(found: TensorStatistics) {
  const { name, dtype, shape, elements, min, max, mean, std, l2, quantiles } = found;
  const number = (value: number | undefined) => (value === undefined ? "none" : formatNumber(value));
  const { zeros, nan, infinite, denormal } = found;
  const counts = Object.entries({ zeros, NaN: nan, infinite, denormal });
  return factsBundle(`Statistics of ${name}`, [
    ["type", dtype],
    ["shape", shape.length === 0 ? "single value" : shape.join(" × ")],
    ["elements", formatCount(elements)],
    ["min", number(min)],
    ["max", number(max)],
    ["mean", number(mean)],
    ["std", number(std)],
    ["L2", number(l2)],
    [
      "quantiles",
      Object.entries(quantiles)
        .map(([share, value]) => `${share} ${number(value)}`)
        .join(", "),
    ],
    ...counts.map(([label, count]) => [label, formatCount(count)] as const),
    ["more", `(await checkpoint.tensor(${JSON.stringify(name)})).histogram()`],
  ]);
}
