import { beforeAll, describe, expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { patternOf } from "../../../src/core/patterns.js";
import type { MeshFigureOptions } from "../../../src/plan/figures/mesh.js";
import type { Plan } from "../../../src/plan/plan.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { bundleBytes, maximumBundleBytes } from "../../../src/view/budget.js";
import type { Figure } from "../../../src/view/charts/figure.js";
import { displayKey } from "../../../src/view/display-contract.js";

async function planOf(
  nodes: number,
  changes: Record<string, unknown> = {},
  template = "pretrain_deepseek3_671b",
): Promise<Plan> {
  const config = await openConfig(template);
  for (const [path, value] of Object.entries(changes)) config.set(path, value);
  const names = Array.from({ length: nodes }, (_, index) => `node-${index}`);
  return planRun(config, {
    cluster: { device: "Ascend", nodes: names, devicesPerNode: 8, memoryPerDevice: "64GB" },
    onErrors: "show",
  });
}

let small: Plan;
let large: Plan;
let tiny: Plan;
beforeAll(async () => {
  small = await planOf(32);
  large = await planOf(1024, { "parallel_config.data_parallel": 128 });
  tiny = await planRun(await openConfig("pretrain_deepseek3_tiny_cpu"), { onErrors: "show" });
});

interface Plotly {
  readonly data: readonly {
    readonly type: string;
    readonly z?: readonly (readonly (number | null)[])[];
    readonly text?: readonly (string | readonly string[])[];
    readonly x?: readonly unknown[];
    readonly y?: readonly unknown[];
    readonly base?: readonly number[];
    readonly customdata?: readonly (readonly (readonly unknown[])[])[];
    readonly hovertemplate?: string;
    readonly name?: string;
  }[];
  readonly layout: { readonly shapes?: readonly { readonly y0: number }[] };
}

const bundle = (figure: Figure) => figure[displayKey]();
const plotly = (figure: Figure) => bundle(figure)["application/vnd.plotly.v1+json"] as Plotly;
const text = (figure: Figure) => String(bundle(figure)["text/plain"]);
const colors: NonNullable<MeshFigureOptions["color"]>[] = ["stage", "data", "tensor", "context", "expert", "memory"];

describe("every figure", () => {
  test("is interactive, a picture and text, at most 64 KB, for 2, 256 and 8,192 devices", () => {
    for (const plan of [tiny, small, large]) {
      const figures = colors.map((color) => plan.meshFigure({ color }));
      figures.push(plan.memoryFigure());
      if (plan.pipeline !== undefined) figures.push(plan.timelineFigure());
      for (const figure of figures) {
        const shown = bundle(figure);
        expect(Object.keys(shown).sort()).toEqual([
          "application/vnd.mindformers-lab.figure+json",
          "application/vnd.plotly.v1+json",
          "image/svg+xml",
          "text/plain",
        ]);
        expect(bundleBytes(shown)).toBeLessThanOrEqual(maximumBundleBytes);
        expect(shown["image/svg+xml"]).toMatch(/^<svg[\s\S]*<\/svg>$/);
        expect(shown["image/svg+xml"]).not.toMatch(/NaN|undefined|<script|Infinity/);
      }
    }
  });
});

describe("the mesh", () => {
  test("has a cell for every device of 256, whose hover says rank, node, device, groups, layers and bytes", () => {
    const [trace] = plotly(small.meshFigure()).data;
    expect(trace?.z).toHaveLength(8);
    expect(trace?.z?.[0]).toHaveLength(32);
    // Device 3 of node 5 is rank 43: 43 − 32 = 11 in stage 1, data 1, tensor 3.
    expect(trace?.text?.[3]?.[5]).toMatch(
      patternOf([
        /^rank 43<br>node-5 \(node 5\), device 3<br>stage 1 · data 1 · tensor 3 · expert 11<br>/,
        /layers 4–7, 36–39<br>[\d.]+ GB used$/,
      ]),
    );
    expect(trace?.z?.[3]?.[5]).toBe(1);
  });

  test("colors: stages in order, replicas per node, tensor groups of 8 devices", () => {
    const row = (color: MeshFigureOptions["color"]) =>
      plotly(small.meshFigure({ ...(color && { color }) })).data[0]?.z?.[0];
    expect(row("stage")).toEqual(Array.from({ length: 32 }, (_, node) => Math.floor(node / 4)));
    expect(row("data")).toEqual(Array.from({ length: 32 }, (_, node) => node % 4));
    expect(row("tensor")).toEqual(Array.from({ length: 32 }, (_, node) => node % 8));
    expect(row("expert")).toEqual(Array.from({ length: 32 }, (_, node) => Math.floor(node / 4)));
  });

  test("8,192 devices are drawn with a cell per node that names its ranks and what a cell is", () => {
    const [trace] = plotly(large.meshFigure()).data;
    expect(trace?.z?.flat()).toHaveLength(1024);
    expect(trace?.customdata?.[0]?.[3]).toEqual(["3", "24–31", "0", "3"]);
    expect(trace?.hovertemplate).toMatch(/^node %\{customdata\[0\]\}<br>ranks .*<br>stage .*<br>data /);
    expect(text(large.meshFigure())).toContain("Every cell is 8 devices; the color is that of the first.");
  });

  test("a mesh that doesn't fit the cluster shows what is not used", async () => {
    const plan = await planOf(8, { "parallel_config.data_parallel": 1, "parallel_config.pipeline_stage": 4 });
    const [trace] = plotly(plan.meshFigure()).data;
    expect(trace?.text?.[7]?.[0]).toContain("not used by the mesh");
    expect(text(plan.meshFigure())).toContain("The mesh needs 32 devices, the cluster has 64.");
  });

  test("an unknown color is refused with the known ones", () => {
    expect(() => small.meshFigure({ color: "pipeline" as never })).toThrow(
      /expected memory, stage, data, tensor, context, expert, found "pipeline"/,
    );
  });
});

describe("the memory", () => {
  test("a bar per stage whose parts add up to the plan's own figures, against max_device_memory", () => {
    const { data, layout } = plotly(small.memoryFigure());
    const totals = small.memory?.stages.map((_, stage) => data.reduce((sum, { y }) => sum + Number(y?.[stage]), 0));
    totals?.forEach((total, stage) => {
      expect(total).toBeCloseTo((small.memory?.stages[stage]?.total ?? 0) / 2 ** 30, 3);
    });
    expect(layout.shapes?.[0]?.y0).toBe(56);
    expect(text(small.memoryFigure())).toMatch(/stage 7: [\d.]+ GB = weights .* \(5 layers \+ mtp \+ output\)/);
  });

  test("a model whose size is not computed has no such figure", async () => {
    const plan = await planOf(1, {}, "pretrain_dense_general");
    expect(() => plan.memoryFigure()).toThrow(/found another kind/);
    expect(() => plan.meshFigure({ color: "memory" })).toThrow(/memory only for models whose size is computed/);
  });
});

describe("the timeline", () => {
  test("has every forward and backward pass of every stage once and says the bubble", () => {
    const { data } = plotly(small.timelineFigure());
    expect(data.slice(1).map(({ x }) => x?.length)).toEqual([256, 256, 256, 256]);
    expect(text(small.timelineFigure())).toMatch(
      /Bubble 17\.\d % of the devices' time; with equal stages it would be \(8 − 1\)\/\(2·32 \+ 8 − 1\) = 9\.9 %/,
    );
    expect(text(small.timelineFigure())).toContain("seqpipe with one sequence chunk drawn as 1F1B");
  });

  test("hundreds of micro-batches: the beginning is drawn, the bubble is that of the whole step", async () => {
    const plan = await planOf(32, { "parallel_config.micro_batch_num": 1024 });
    const shown = text(plan.timelineFigure());
    expect(shown).toMatch(/The first \d+ % of the time is drawn/);
    expect(bundleBytes(bundle(plan.timelineFigure()))).toBeLessThanOrEqual(maximumBundleBytes);
  });

  test("without a pipeline, or with a schedule that is not modeled, it is refused", async () => {
    expect(() => tiny.timelineFigure()).toThrow(/found pipeline_stage 1/);
    const plan = await planOf(32, { "parallel.pipeline_config.pipeline_scheduler": "zero_bubble_v" });
    expect(() => plan.timelineFigure()).toThrow(/found the schedule zero_bubble_v with 2 blocks/);
  });
});
