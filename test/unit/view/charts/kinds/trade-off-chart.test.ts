import { expect, test } from "vitest";
import { bundleBytes, maximumBundleBytes } from "../../../../../src/view/budget.js";
import { tradeOffChart } from "../../../../../src/view/charts/kinds/trade-off-chart.js";
import { displayKey } from "../../../../../src/view/display-contract.js";

const spec = {
  title: "Layouts <all>",
  x: { label: "memory, GB" },
  y: { label: "seconds" },
  points: Array.from({ length: 900 }, (_, index) => ({
    x: 20 + index / 30,
    y: 5 + (index % 37),
    label: `layout ${index}`,
  })),
  front: [
    { x: 50, y: 5, label: "1. fast & large" },
    { x: 30, y: 9, label: "2. slow" },
  ],
  limit: { x: 58, label: "usable memory" },
};

test("a trade-off is an interactive figure, a picture and a text that lists the front, within the budget", () => {
  const bundle = tradeOffChart(spec)[displayKey]();
  expect(Object.keys(bundle).sort()).toEqual([
    "application/vnd.mindformers-lab.figure+json",
    "application/vnd.plotly.v1+json",
    "image/svg+xml",
    "text/plain",
  ]);
  expect(bundleBytes(bundle)).toBeLessThanOrEqual(maximumBundleBytes);
  const svg = String(bundle["image/svg+xml"]);
  expect(svg).toContain("Layouts &lt;all&gt;");
  expect(svg).toContain("1. fast &amp; large");
  expect(svg).not.toMatch(/NaN|undefined/);
  expect(String(bundle["text/plain"]).split("\n")[2]).toMatch(/50 +5 +1\. fast & large/);
});

test("nothing to draw is an empty chart, and values that can't be drawn are left out", () => {
  const empty = tradeOffChart({ ...spec, points: [], front: [], limit: undefined as never })[displayKey]();
  expect(String(empty["image/svg+xml"])).not.toMatch(/NaN|undefined/);
  const odd = tradeOffChart({
    ...spec,
    points: [
      { x: Number.NaN, y: 1, label: "a" },
      { x: 1, y: 0, label: "b" },
    ],
  })[displayKey]();
  const figure = odd["application/vnd.plotly.v1+json"] as { data: { x: number[] }[] };
  expect(figure.data[0]?.x).toEqual([]);
});
