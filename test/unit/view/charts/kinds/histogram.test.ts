import { describe, expect, it } from "vitest";
import { HistogramCounter } from "../../../../../src/data/inspect/histogram-counter.js";
import { bundleBytes, maximumBundleBytes } from "../../../../../src/view/budget.js";
import { type HistogramSpec, histogram } from "../../../../../src/view/charts/kinds/histogram.js";
import { displayKey } from "../../../../../src/view/display-contract.js";

const spec = {
  title: "Lengths <of> & documents",
  x: { label: "tokens" },
  y: { label: "documents" },
  bins: [
    { from: 0, to: 10, count: 3 },
    { from: 10, to: 20, count: 0 },
    { from: 20, to: 30, count: 6 },
  ],
};

const drawn = (about: HistogramSpec) => histogram(about)[displayKey]();

describe("histogram", () => {
  it("is a figure, a picture and a text that say the same", () => {
    const bundle = drawn({ ...spec, markers: [{ x: 12, label: "median 12" }], facts: ["shortest 1"] });
    expect(Object.keys(bundle)).toEqual([
      "application/vnd.mindformers-lab.figure+json",
      "application/vnd.plotly.v1+json",
      "image/svg+xml",
      "text/plain",
    ]);
    expect(bundle["text/plain"]).toBe(
      [
        "Lengths <of> & documents",
        "  shortest 1",
        "  by tokens:",
        "    0–9  ████████████████████ 3",
        "  10–19   0",
        "  20–29  ████████████████████████████████████████ 6",
      ].join("\n"),
    );
    const svg = bundle["image/svg+xml"] as string;
    expect(svg).toContain("<title>Lengths &lt;of&gt; &amp; documents</title>");
    expect(svg).toContain(">median 12</text>");
    expect(svg).not.toMatch(/NaN|Infinity|undefined|<script|<style/);
    const { data, layout } = bundle["application/vnd.plotly.v1+json"] as {
      data: [{ x: number[]; y: number[] }];
      layout: { title: unknown };
    };
    expect([data[0].x, data[0].y]).toEqual([
      [5, 15, 25],
      [3, 0, 6],
    ]);
    expect(layout.title).toMatchObject({ text: "Lengths &lt;of&gt; &amp; documents" });
  });

  it("draws one bin, no bin, and hundreds of bins on logarithmic axes, within 64 KB", () => {
    for (const bins of [[], spec.bins.slice(0, 1)])
      expect(drawn({ ...spec, bins })["image/svg+xml"]).not.toMatch(/NaN|Infinity|undefined/);
    const bins = Array.from({ length: 500 }, (_, i) => ({ from: 1.05 ** i, to: 1.05 ** (i + 1), count: i * 1e6 }));
    const bundle = drawn({ ...spec, x: { label: "x", log: true }, y: { label: "y", log: true }, bins });
    expect(bundle["image/svg+xml"]).not.toMatch(/NaN|Infinity|undefined/);
    expect((bundle["text/plain"] as string).split("\n").length).toBeLessThanOrEqual(23);
    expect(bundleBytes(bundle)).toBeLessThan(maximumBundleBytes);
  });
});

describe("counting for a histogram", () => {
  it("is exact below 65,536, within 1.1 % above, and loses no value to the bins", () => {
    const counter = new HistogramCounter();
    const values = Array.from({ length: 2000 }, (_, i) => Math.floor(1.009 ** i));
    for (const value of values) counter.add(value);
    expect([counter.count, counter.smallest, counter.largest]).toEqual([2000, 1, values.at(-1)]);
    expect(counter.quantile(0.25)).toBe(values[499]);
    const [found, exact] = [counter.quantile(0.9), values[1799] as number];
    expect(Math.abs(found - exact) / exact).toBeLessThan(0.011);
    for (const log of [false, true])
      expect(counter.bins(50, log).reduce((sum, { count }) => sum + count, 0)).toBe(2000);
    const large = new HistogramCounter();
    large.add(100_001, 7);
    expect(large.bins(80, false)).toEqual([{ from: 100_001, to: 100_002, count: 7 }]);
    const edges = counter.bins(80, true);
    for (const [i, bin] of edges.entries()) if (i > 0) expect(bin.from).toBe(edges[i - 1]?.to);
  });
});
