import { expect, test } from "vitest";
import { bundleBytes, maximumBundleBytes } from "../../../../../src/view/budget.js";
import { thinOut } from "../../../../../src/view/charts/kinds/curve.js";
import { type LineChartSpec, lineChart } from "../../../../../src/view/charts/kinds/line-chart.js";
import { sparkline } from "../../../../../src/view/charts/kinds/sparkline.js";
import { displayKey } from "../../../../../src/view/display-contract.js";

const range = (count: number, value: (i: number) => number = (i) => i) =>
  Array.from({ length: count }, (_, i) => value(i));

function chart(series: LineChartSpec["series"], rest: Partial<LineChartSpec> = {}) {
  const bundle = lineChart({ title: "Loss", x: { label: "step" }, y: { label: "loss" }, series, ...rest })[
    displayKey
  ]();
  return {
    bundle,
    text: String(bundle["text/plain"]),
    svg: String(bundle["image/svg+xml"]),
    plotly: bundle["application/vnd.plotly.v1+json"] as {
      data: { name: string; x: number[]; y: (number | null)[] }[];
      layout: {
        shapes: unknown[];
        annotations: { text: string }[];
        yaxis: { type?: string };
        xaxis: { dtick?: number };
      };
    },
  };
}

test("a chart is an interactive figure, a picture and text, and no HTML that would win over the picture", () => {
  const { bundle } = chart([{ name: "loss", x: [1, 2], y: [3, 2] }]);
  expect(Object.keys(bundle).sort()).toEqual([
    "application/vnd.mindformers-lab.figure+json",
    "application/vnd.plotly.v1+json",
    "image/svg+xml",
    "text/plain",
  ]);
});

test("the text gives the first, last, lowest, and highest value with their steps", () => {
  const { text } = chart([{ name: "wiki", x: [1, 2, 3], y: [6.9, 2.5, 3] }]);
  expect(text).toContain("wiki  █▁▁");
  expect(text).toContain("first 6.9 at step 1 · last 3 at step 3 · min 2.5 at step 2 · max 6.9 at step 1");
});

test("a million points fit into 64 KB, and the one spike among them survives in every form", () => {
  const y = range(1_000_000, (i) => (i === 333_333 ? 77 : Math.sin(i / 1000)));
  const { bundle, plotly, text, svg } = chart([{ name: "norm", x: range(1_000_000), y }]);
  expect(bundleBytes(bundle)).toBeLessThanOrEqual(maximumBundleBytes);
  const at = plotly.data[0]?.y.indexOf(77) ?? -1;
  expect(plotly.data[0]?.x[at]).toBe(333_333);
  expect(text).toContain("max 77 at step 333,333");
  expect(text).toMatch(/1,60\d of 1,000,000 points drawn, extremes kept/);
  expect(svg).toContain("of 1,000,000 points drawn");
});

test("twenty-one long noisy series with long names fit into 64 KB, and further ones are counted as hidden", () => {
  const series = range(30).map((k) => ({
    name: `<漢字>${"x".repeat(500)}${k}`,
    x: range(5000, (i) => 1.7e12 + i * 1000.5),
    y: range(5000, (i) => Math.sin(i * (k + 1)) * 1e-7),
  }));
  const markers = range(50).map((i) => ({ x: 1.7e12 + i, label: "漢".repeat(300) }));
  const { bundle, text } = chart(series, { title: "T".repeat(9999), markers });
  expect(bundleBytes(bundle)).toBeLessThanOrEqual(maximumBundleBytes);
  expect(text).toContain("6 of 30 series hidden");
  expect(text).toContain("30 of 50 markers hidden");
});

test("NaN and infinities become gaps: null in the figure, broken lines and red ticks in the picture, counted in the text", () => {
  const { plotly, text, svg, bundle } = chart([
    {
      name: "loss",
      x: range(40),
      y: range(40, (i) => (i === 10 ? Number.NaN : i === 20 ? Number.POSITIVE_INFINITY : i)),
    },
  ]);
  expect(plotly.data[0]?.y[10]).toBeNull();
  expect(plotly.data[0]?.y[20]).toBeNull();
  expect(JSON.stringify(bundle)).not.toMatch(/NaN(?!\w)|Infinity/);
  expect(svg).not.toContain("NaN");
  expect(svg.match(/<path d="M[^"]*M[^"]*M[^"]*" stroke="#0072b2"/)).not.toBeNull();
  expect(svg).toContain('stroke="#c62828"');
  expect(text).toContain("2 not finite");
});

test("thinning out a series keeps its gaps", () => {
  const y = range(100_000, (i) => (i === 50_001 ? Number.NaN : 1));
  const thin = thinOut({ name: "a", x: range(100_000), y }, 50, false);
  expect(thin.x[thin.y.findIndex(Number.isNaN)]).toBe(50_001);
  expect(thin.x[0]).toBe(0);
  expect(thin.x.at(-1)).toBe(99_999);
  expect(thin.x).toEqual([...thin.x].sort((a, b) => a - b));
});

test("a logarithmic axis leaves values at or below zero out and says so", () => {
  const { plotly, text } = chart([{ name: "lr", x: range(4), y: [0, 1e-6, 1e-5, -1] }], {
    y: { label: "lr", log: true },
  });
  expect(plotly.layout.yaxis.type).toBe("log");
  expect(plotly.data[0]?.y).toEqual([null, 1e-6, 1e-5, null]);
  expect(text).toContain("2 not above zero, so not on the log axis");
});

test("small changes of a large value survive the rounding", () => {
  const { plotly } = chart([{ name: "t", x: [1.7e12 + 0.25, 1.7e12 + 0.5], y: [1_000_000.001, 1_000_000.002] }]);
  expect(plotly.data[0]?.y).toEqual([1_000_000.001, 1_000_000.002]);
  expect(plotly.data[0]?.x).toEqual([1.7e12 + 0.25, 1.7e12 + 0.5]);
});

test("a marker is a labeled line in the figure and the picture, and a word in the text", () => {
  const { plotly, svg, text } = chart([{ name: "a", x: range(9), y: range(9) }], {
    markers: [{ x: 4, label: "resumed <here>" }],
  });
  expect(plotly.layout.shapes).toHaveLength(1);
  expect(plotly.layout.annotations[0]?.text).toBe("resumed &lt;here&gt;");
  expect(svg).toContain("resumed &lt;here&gt;");
  expect(text).toContain("marked: resumed <here> at 4");
});

test("names can't bring markup into the picture", () => {
  const evil = `</text><script>alert(1)</script>"'&\u0000\ud800`;
  const series = [1, 2].map(() => ({ name: evil, x: [1, 2], y: [1, 2] }));
  const { svg } = chart(series, {
    title: evil,
    x: { label: evil },
    y: { label: evil },
    markers: [{ x: 1, label: evil }],
  });
  expect(svg).not.toContain("<script");
  expect(svg).not.toContain("\u0000");
  expect(svg).not.toMatch(/[\ud800-\udfff]/u);
});

test("charts without values, with one value and with equal values are drawn without broken numbers", () => {
  for (const y of [[], [5], [5, 5, 5], [Number.NaN], [0], [1e-320, 1e308], [-1e308, 1e308]]) {
    const { svg, text } = chart([{ name: "a", x: range(y.length), y }]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(text).toContain("Loss");
  }
  expect(chart([]).svg).toContain("</svg>");
});

test("x and y of different length are refused with both lengths", () => {
  expect(() => chart([{ name: "a", x: [1], y: [1, 2] }])).toThrow('series "a": expected as many x as y, found 1 and 2');
});

test("a sparkline of many values has the given width, with spaces for gaps", () => {
  expect(sparkline(range(1000), { width: 8 })).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([1, Number.NaN, 2], { width: 8 })).toBe("▁ █");
  expect(sparkline([1, 1], { width: 8 })).toBe("▄▄");
});

test("an axis of two layers was numbered 0, 0.2, 0.4", () => {
  expect(chart([{ name: "change", x: [0, 1], y: [3, 2] }]).plotly.layout.xaxis.dtick).toBe(1);
  expect(chart([{ name: "change", x: [0, 0.5], y: [3, 2] }]).plotly.layout.xaxis.dtick).toBeUndefined();
  expect(chart([{ name: "change", x: range(40), y: range(40) }]).plotly.layout.xaxis.dtick).toBeUndefined();
});

test("in words every run filled its own scale, so that a loss of 9 looked like one of 1", async () => {
  const x = [1, 2, 3];
  const series = [
    { name: "high", x, y: [9, 8, 7] },
    { name: "low", x, y: [3, 2, 1] },
  ];
  const bundle = await lineChart({ title: "t", x: { label: "step" }, y: { label: "loss" }, series })[displayKey]();
  const text = String(bundle["text/plain"]);
  expect(text).toContain("high  ██▇");
  expect(text).toContain("low   ▃▂▁");
  expect(text).toContain("all on one scale of loss: ▁ 1 to █ 9");
});

test("two of eight lines had one color, and names of tensors were cut", () => {
  const names = range(8).map((i) => `self_attention.linear_q_up_proj.layer_norm_weight.of_model_${i}`);
  const { svg, text, plotly } = chart(names.map((name) => ({ name, x: [1], y: [1] })));
  for (const name of names) for (const shown of [svg, text]) expect(shown).toContain(name);
  const colors = plotly.data.map((trace) => JSON.stringify((trace as { line?: unknown; marker?: unknown }).line));
  expect(new Set(colors).size).toBe(8);
  expect(plotly.data.map(({ name }) => name)).toEqual(names);
});
