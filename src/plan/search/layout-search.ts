import type { Config } from "../../config/config.js";
import { applyLayout, layoutSettings } from "../../config/scale/layout-settings.js";
import { requireArgument, requireWhole } from "../../core/arguments.js";
import { formatBytes, formatCount } from "../../core/units.js";
import { globalBatch } from "../../model/layout/batch.js";
import type { Layout } from "../../model/layout/layout.js";
import { type Candidate, type Enumeration, paretoFront } from "../../model/search/enumerate.js";
import type { Hardware } from "../../model/search/hardware.js";
import type { StepTime } from "../../model/search/step-time.js";
import type { ModelShape } from "../../model/shape.js";
import type { Figure } from "../../view/charts/figure.js";
import { tradeOffChart } from "../../view/charts/kinds/trade-off-chart.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import { explain } from "./explain.js";

/** One legal layout of a search: its estimates, what to set, and why it ranks where it does. */
export interface LayoutRow {
  /** 1 for the fastest. */
  readonly rank: number;
  readonly layout: Layout;
  readonly recompute: "none" | "select" | "all";
  /** `enable_parallel_optimizer`. */
  readonly optimizerParallel: boolean;
  /** Estimated bytes of the fullest device. */
  readonly memory: number;
  /** Estimated seconds of one step, by cause. */
  readonly time: StepTime;
  readonly tokensPerSecond: number;
  /** Model FLOPs per step ÷ (time · devices · peak). */
  readonly utilization: number;
  readonly why: string;
  /** Nested values for `config.merge`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Writes the layout into a configuration and returns it. */
  apply(config: Config): Config;
}

/** Inputs of a search for layouts. */
export interface SearchFacts {
  readonly shape: ModelShape;
  readonly devices: number;
  readonly globalBatch: number;
  readonly hardware: Hardware;
  /** Bytes of a device, and those of them that a run may use. */
  readonly memoryPerDevice: number;
  readonly limit: number;
  /** Work of a step, FLOPs. */
  readonly flops: number;
}

function makeRow(candidate: Candidate, rank: number, facts: SearchFacts): LayoutRow {
  const { layout, options, memory, time } = candidate;
  return {
    rank,
    layout,
    recompute: options.recompute.layers === "all" ? "all" : options.recompute.select ? "select" : "none",
    optimizerParallel: options.optimizerShard !== 1,
    memory,
    time,
    tokensPerSecond: (globalBatch(layout).size * facts.shape.sequence) / time.total,
    utilization: facts.flops / (time.total * facts.devices * facts.hardware.peakFlops),
    get why() {
      return explain(candidate, facts);
    },
    get settings() {
      return layoutSettings(layout, options);
    },
    apply: (config) => applyLayout(config, layout, options),
  };
}

/**
 * Result of `searchLayouts`: shown as a table of the fastest layouts; `figure` draws memory against time.
 *
 * @example
 * const config = await openConfig("pretrain_deepseek3_671b");
 * const search = searchLayouts({ config, devices: 256, memoryPerDevice: "64GB" });
 * search.best?.apply(config);
 * search.figure;
 */
export class LayoutSearch {
  readonly facts: SearchFacts;
  /** Number of legal layouts, fitting or not. */
  readonly legal: number;
  /** Number of those that fit into the memory. */
  readonly fitting: number;
  readonly #found: Enumeration;
  readonly #rows = new Map<number, LayoutRow>();

  constructor(found: Enumeration, facts: SearchFacts) {
    this.#found = found;
    this.facts = facts;
    this.legal = found.legal;
    this.fitting = found.fitting.length;
  }

  /** The layout of a rank, from 1; undefined beyond `fitting`. */
  at(rank: number): LayoutRow | undefined {
    requireArgument(Number.isInteger(rank), {
      ...{ call: "search.at, rank", expected: "a whole number", found: rank, example: "search.at(1)" },
    });
    const candidate = this.#found.fitting[rank - 1];
    if (candidate === undefined) return undefined;
    const row = this.#rows.get(rank) ?? makeRow(candidate, rank, this.facts);
    this.#rows.set(rank, row);
    return row;
  }

  /** The fastest layout that fits; undefined if none does. */
  get best(): LayoutRow | undefined {
    return this.at(1);
  }

  /** The fastest layouts, first the best. */
  top(count = 10): LayoutRow[] {
    requireWhole(count, 0, { call: "search.top, count", example: "search.top(100)" });
    return Array.from({ length: Math.min(count, this.fitting) }, (_, index) => this.at(index + 1) as LayoutRow);
  }

  /** The Pareto front: layouts that no other beats in both time and memory, fastest first. */
  get front(): LayoutRow[] {
    const ranks = new Map(this.#found.fitting.map((candidate, index) => [candidate, index + 1]));
    return paretoFront(this.#found.fitting).map((candidate) => this.at(ranks.get(candidate) ?? 0) as LayoutRow);
  }

  /** If nothing fits: the legal layout that needs least memory. */
  get smallest(): LayoutRow | undefined {
    return this.#found.smallest === undefined ? undefined : makeRow(this.#found.smallest, 0, this.facts);
  }

  /** Memory against step time of the layouts that fit, with the Pareto front. */
  get figure(): Figure {
    return tradeOffFigure(this);
  }

  /** At most `count` layouts spread evenly over the ranking, for drawing. */
  sample(count: number): readonly Candidate[] {
    requireWhole(count, 0, { call: "search.sample, count", example: "search.sample(100)" });
    const all = this.#found.fitting;
    const step = Math.max(1, all.length / count);
    return Array.from(
      { length: Math.min(count, all.length) },
      (_, index) => all[Math.floor(index * step)] as Candidate,
    );
  }

  [displayKey](): MimeBundle {
    return searchTable(this);
  }
}

const gibi = 2 ** 30;

/** "dp 4 · tp 8 · pp 8 · ep 32", axes of size 1 left out. */
export function meshText(layout: Layout): string {
  const axes: [string, number][] = [
    ["dp", layout.dataParallel],
    ["tp", layout.tensorParallel],
    ["pp", layout.pipelineStages],
    ["cp", layout.contextParallel],
    ["ep", layout.expertParallel],
  ];
  const shown = axes.filter(([, size], index) => size > 1 || index === 0).map(([name, size]) => `${name} ${size}`);
  return shown.join(" · ") + (layout.interleave > 1 ? ` · ${layout.interleave} blocks` : "");
}

/** Without places for a line break: a narrow page must not tear a layout apart. */
const unbroken = (text: string): string => text.replaceAll(" ", "\u00a0");

function tradeOffFigure(search: LayoutSearch): Figure {
  const point = ({ memory, time, layout }: { memory: number; time: StepTime; layout: Layout }) => ({
    x: memory / gibi,
    y: time.total,
    label: meshText(layout),
  });
  const { devices, memoryPerDevice, limit } = search.facts;
  return tradeOffChart({
    title: `Layouts for ${formatCount(devices)} devices of ${formatBytes(memoryPerDevice)}`,
    x: { label: "memory of the fullest device, GB" },
    y: { label: "seconds per step, estimated" },
    points: search.sample(400).map(point),
    front: search.front.map((row) => ({ ...point(row), label: `${row.rank}. ${meshText(row.layout)}` })),
    limit: { x: limit / gibi, label: "usable memory" },
  });
}

function noneText({ legal, smallest, facts }: LayoutSearch): string {
  if (smallest === undefined)
    return (
      "no legal layout: " +
      `the global batch ${facts.globalBatch} can't be divided among the replicas of ${facts.devices} devices`
    );
  const needs = `needs ${formatBytes(smallest.memory)} of ${formatBytes(facts.limit)}`;
  return (
    `none of ${formatCount(legal)} legal layouts fits: the smallest (${meshText(smallest.layout)}) ${needs}; ` +
    "scale the model (config.scaleTo) or take more devices"
  );
}

function searchTable(search: LayoutSearch): MimeBundle {
  const { facts } = search;
  const rows = search.top(12).map((row) => ({
    rank: row.rank,
    layout: unbroken(meshText(row.layout)),
    batch: unbroken(`${row.layout.microBatchSize} · ${row.layout.microBatches}`),
    recompute: row.recompute,
    optimizer: row.optimizerParallel ? "sharded" : "whole",
    memory: unbroken(formatBytes(row.memory)),
    step: Number(row.time.total.toPrecision(3)),
    mfu: unbroken(`${(row.utilization * 100).toFixed(1)} %`),
    why: row.why,
  }));
  const { name, peakFlops, efficiency } = facts.hardware;
  const basis =
    `Estimates for ${name}: ${peakFlops / 1e12} TFLOPS, ` +
    `${Math.round(efficiency * 100)} % of it while computing (an assumption; measure one run and give hardware).`;
  const note =
    search.fitting === 0
      ? noneText(search)
      : `${formatCount(search.fitting)} of ${formatCount(search.legal)} legal layouts fit ` +
        `into ${formatBytes(facts.limit)} (usable of ${formatBytes(facts.memoryPerDevice)}). ${basis}`;
  return tableBundle({
    title:
      `Layouts for ${formatCount(facts.devices)} devices, ` +
      `global batch ${formatCount(facts.globalBatch)}, fastest first`,
    columns: [
      { key: "rank" },
      { key: "layout" },
      { key: "batch", label: "batch · micro-batches" },
      { key: "recompute" },
      { key: "optimizer" },
      { key: "memory", align: "right" },
      { key: "step", label: "s/step" },
      { key: "mfu", label: "MFU", align: "right" },
    ],
    detail: "why",
    rows,
    note,
    more: "search.top(100), search.at(rank), search.front, search.figure",
  });
}
