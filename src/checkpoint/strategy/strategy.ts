import { invalidArgument, requireText } from "../../core/arguments.js";
import { CheckpointError } from "../../core/error.js";
import { suggestName } from "../../core/options/option-names.js";
import { formatCount } from "../../core/units.js";
import type { ParameterLayout } from "../../formats/strategy/layout.js";
import { optimizerParts, placeOf, splitsOf } from "../../formats/strategy/placement.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, joinBundles } from "../../view/sections.js";
import { tableBundle } from "../../view/table.js";
import { listed } from "../read/points/finding.js";
import { ParameterPlacement, type SliceHolders } from "./parameter-placement.js";
import { replacementsFor, type StrategyRecovery } from "./recovery.js";
import { ranksOf, type StrategySet } from "./strategy-set.js";

/** One parameter in the table of a strategy. */
export interface StrategyRow {
  readonly name: string;
  readonly stage: number;
  /** Of the whole tensor; empty if the file does not say the slice's shape. */
  readonly shape: readonly number[];
  readonly slice: readonly number[];
  /** Different slices over the ranks of the stage. */
  readonly slices: number;
  /** Ranks that hold the same slice. */
  readonly replicas: number;
  /** The split in words. */
  readonly words: string;
}

/**
 * A parallel strategy of MindSpore, explained: which rank holds which slice of each parameter.
 *
 * @example
 * const strategy = await openStrategy("output/strategy");
 * strategy.rows.length; // parameters
 */
export class Strategy {
  readonly path: string;
  readonly ranks: number;
  readonly stages: number;
  readonly devicesPerStage: number;
  /** Stages that no file describes. */
  readonly missingStages: readonly number[];
  readonly rows: readonly StrategyRow[];
  readonly #set: StrategySet;

  /** @internal Strategies come from `openStrategy`. */
  constructor(set: unknown) {
    this.#set = set as StrategySet;
    const { path, stageCount, devicesPerStage, stages } = this.#set;
    this.path = path;
    this.ranks = ranksOf(this.#set);
    this.stages = stageCount;
    this.devicesPerStage = devicesPerStage;
    const have = new Set(stages.map(({ stage }) => stage));
    this.missingStages = Array.from({ length: stageCount }, (_, stage) => stage).filter((stage) => !have.has(stage));
    this.rows = stages.flatMap(({ stage, layouts }) =>
      [...layouts.values()].map((layout) => strategyRow(layout, stage, devicesPerStage)),
    );
  }

  /**
   * The places of one parameter's slices: words, a table, and a drawing.
   * @throws CheckpointError CHECKPOINT_MISSING if no stage has the parameter.
   */
  parameter(name: string): ParameterPlacement {
    requireText(name, "strategy.parameter, name", "strategy.parameter(strategy.rows[0].name)");
    const { stages, devicesPerStage } = this.#set;
    const found = stages.filter(({ layouts }) => layouts.has(name));
    const layout = found[0]?.layouts.get(name);
    if (layout === undefined) {
      const message =
        `strategy ${this.path}: ` +
        `expected the parameter ${JSON.stringify(name)}, found ${formatCount(this.rows.length)} others`;
      const near = suggestName(
        name,
        this.rows.map((row) => row.name),
      );
      const hint = near === undefined ? "" : `strategy.parameter(${JSON.stringify(near)}); `;
      throw new CheckpointError("CHECKPOINT_MISSING", message, { hint: `${hint}strategy.rows lists the names` });
    }
    const holders = found.flatMap(({ stage }) => slicesOn(layout, stage * devicesPerStage, devicesPerStage));
    return new ParameterPlacement(layout, joinHolders(holders), describeSplit(layout));
  }

  /**
   * Which ranks of a damaged set can be rebuilt from replicas: `present` are the ranks whose files are sound. A
   * missing rank can be rebuilt if every slice that it holds is on a present rank too.
   * @throws LabError ARGUMENT_INVALID for a rank that the strategy does not have.
   */
  recover(present: readonly number[]): StrategyRecovery {
    const isRank = (rank: unknown) => Number.isSafeInteger(rank) && Number(rank) >= 0 && Number(rank) < this.ranks;
    if (!Array.isArray(present) || !present.every(isRank)) {
      const wrong: unknown = Array.isArray(present) ? present.find((rank) => !isRank(rank)) : present;
      const expected = `a list of ranks from 0 to ${this.ranks - 1}`;
      throw invalidArgument({ call: "strategy.recover", expected, found: wrong, example: "strategy.recover([0, 1])" });
    }
    return replacementsFor(this.#set, present);
  }

  [displayKey](): MimeBundle {
    const facts: [string, string][] = [
      [
        "ranks",
        `${this.ranks} (${formatCount(this.stages, "stage")} × ${formatCount(this.devicesPerStage, "device")})`,
      ],
      ["parameters", formatCount(this.rows.length)],
      ...(this.missingStages.length > 0
        ? [["missing", `no file describes the stages ${this.missingStages.join(", ")}`] as [string, string]]
        : []),
      ["more", 'strategy.parameter("…") explains one; strategy.recover([0, 1]) names what can be rebuilt'],
    ];
    const table = tableBundle({
      columns: [
        { key: "name", label: "parameter" },
        { key: "stage", label: "stage" },
        { key: "shape", label: "shape", align: "right" },
        { key: "slice", label: "slice", align: "right" },
        { key: "replicas", label: "replicas" },
        { key: "words", label: "split" },
      ],
      rows: this.rows.map((row) => ({ ...row, shape: row.shape.join(" × "), slice: row.slice.join(" × ") })),
      more: "strategy.rows",
    });
    return joinBundles([factsBundle(`Strategy of ${listedRanks(this.ranks)}`, facts), table]);
  }
}

function listedRanks(count: number): string {
  return listed(Array.from({ length: count }, (_, rank) => rank));
}

function strategyRow(layout: ParameterLayout, stage: number, devices: number): StrategyRow {
  const { name, sliceShape } = layout;
  const splits = splitsOf(layout, sliceShape.length);
  const slices = splits.reduce((product, parts) => product * parts, 1) * optimizerParts(layout);
  const { globalShape } = placeOf(layout, 0, sliceShape);
  const replicas = Math.max(1, devices / slices);
  return { name, stage, shape: globalShape, slice: sliceShape, slices, replicas, words: describeSplit(layout) };
}

/** `dimension 0 over 4 ranks, dimension 1 over 2 ranks, dimension 0 again by 2 (optimizer)`; `whole on every rank`. */
function describeSplit(layout: ParameterLayout): string {
  const words = splitsOf(layout).flatMap((parts, axis) => (parts > 1 ? [`dimension ${axis} over ${parts} ranks`] : []));
  const shards = optimizerParts(layout);
  if (shards > 1) words.push(`dimension 0 again by ${shards} (optimizer sharding)`);
  return words.length === 0 ? "whole on every rank" : words.join(", ");
}

function slicesOn(layout: ParameterLayout, first: number, devices: number): SliceHolders[] {
  const shape = layout.sliceShape.length > 0 ? layout.sliceShape : layout.tensorMap.map(() => 1);
  return Array.from({ length: devices }, (_, device) => {
    const { offset } = placeOf(layout, device, shape);
    return { offset, shape, ranks: [first + device] };
  });
}

function joinHolders(holders: readonly SliceHolders[]): SliceHolders[] {
  const joined = new Map<string, SliceHolders & { readonly ranks: number[] }>();
  for (const { offset, shape, ranks } of holders) {
    const known = joined.get(offset.join());
    if (known) known.ranks.push(...ranks);
    else joined.set(offset.join(), { offset, shape, ranks: [...ranks] });
  }
  return [...joined.values()];
}
