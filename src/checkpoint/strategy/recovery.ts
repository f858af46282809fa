import { formatCount } from "../../core/units.js";
import { placeOf } from "../../formats/strategy/placement.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import { listed } from "../read/points/finding.js";
import { ranksOf, type StrategySet } from "./strategy-set.js";

/** A rank whose file is missing, and what can be done. */
export interface MissingRank {
  readonly rank: number;
  /** Present ranks that together hold every slice of it; empty if there are none. */
  readonly from: readonly number[];
  /** Parameters of which no present rank holds the slice. */
  readonly lost: readonly string[];
}

/**
 * Which ranks of a damaged set can be rebuilt from replicas.
 *
 * @example
 * const strategy = await openStrategy("output/strategy");
 * const { possible, missing } = strategy.recover([0, 1]);
 */
export class StrategyRecovery {
  readonly missing: readonly MissingRank[];
  /** True if nothing is lost: every missing rank can be rebuilt. */
  readonly possible: boolean;

  constructor(missing: readonly MissingRank[]) {
    this.missing = missing;
    this.possible = missing.every(({ lost }) => lost.length === 0);
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: this.possible ? "Every missing rank can be rebuilt from replicas" : "Some slices are lost",
      columns: [
        { key: "rank", label: "rank" },
        { key: "from", label: "rebuilt from" },
        { key: "lost", label: "lost" },
      ],
      rows: this.missing.map(({ rank, from, lost }) => ({
        rank,
        from: from.length === 0 ? "none" : listed(from),
        lost:
          lost.length === 0 ? "nothing" : `${formatCount(lost.length, "parameter")}: ${lost.slice(0, 3).join(", ")}`,
      })),
      more: "recovery.missing",
    });
  }
}

/** Looks for a present rank with the same slice, for each parameter of each missing rank; few ranks are preferred. */
export function replacementsFor(set: StrategySet, present: readonly number[]): StrategyRecovery {
  const sound = new Set(present);
  const { devicesPerStage, stages } = set;
  const missing: MissingRank[] = [];
  for (let rank = 0; rank < ranksOf(set); rank++) {
    if (sound.has(rank)) continue;
    const from = new Set<number>();
    const lost: string[] = [];
    const stage = Math.floor(rank / devicesPerStage);
    const first = stage * devicesPerStage;
    for (const layout of stages.find((each) => each.stage === stage)?.layouts.values() ?? []) {
      const shape = layout.sliceShape.length > 0 ? layout.sliceShape : layout.tensorMap.map(() => 1);
      const wanted = placeOf(layout, rank - first, shape).offset.join();
      const holders = Array.from({ length: devicesPerStage }, (_, device) => first + device).filter(
        (other) => sound.has(other) && placeOf(layout, other - first, shape).offset.join() === wanted,
      );
      const [best] = holders.sort((a, b) => Number(from.has(b)) - Number(from.has(a)));
      if (best === undefined) lost.push(layout.name);
      else from.add(best);
    }
    missing.push({ rank, from: [...from], lost });
  }
  return new StrategyRecovery(missing);
}
