import { formatBytes, formatCount, formatDuration } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, joinBundles } from "../../view/sections.js";
import { tableBundle } from "../../view/table.js";
import { type RemovalRequest, removeSaved } from "./remove-saved.js";

/** What retention decided about one checkpoint. */
export interface RetentionRow {
  readonly step: number;
  readonly bytes: number;
  readonly savedAt: Date;
  readonly keep: boolean;
  readonly reason: string;
}

/** State of the disk that holds the checkpoints. */
export interface RetentionFacts {
  readonly freeBytes: number;
  /** Milliseconds until the disk is full at the rate of the saves so far; undefined if the rate is unknown. */
  readonly untilFull: number | undefined;
}

/**
 * What would be removed and what would stay; nothing is removed before `apply()`.
 *
 * @example
 * const checkpoints = await openCheckpoints("runs/first/output/checkpoint");
 * const retention = await checkpoints.retention({ keepLast: 3 });
 * retention.freed; // bytes
 * await retention.apply();
 */
export class Retention {
  readonly rows: readonly RetentionRow[];
  readonly facts: RetentionFacts;
  /** Bytes that `apply()` frees. */
  readonly freed: number;
  readonly #removals: readonly RemovalRequest[];
  readonly #recheck: () => Promise<void>;

  /** @internal Retentions come from `checkpoints.retention(options)`. */
  constructor(rows: readonly RetentionRow[], facts: RetentionFacts, removal: unknown) {
    const { removals, recheck } = removal as RemovalPlan;
    this.rows = rows;
    this.facts = facts;
    this.freed = rows.reduce((sum, { keep, bytes }) => sum + (keep ? 0 : bytes), 0);
    this.#removals = removals;
    this.#recheck = recheck;
  }

  /**
   * Removes the checkpoints that no rule keeps, one by one; each disappears in one step, so that no partial one stays.
   * A second call finds nothing to remove.
   * @throws CheckpointError RETENTION_CHANGED if the newest complete checkpoint is no longer sound.
   */
  async apply(): Promise<{ readonly removed: number; readonly freed: number }> {
    await this.#recheck();
    let [removed, freed] = [0, 0];
    for (const removal of this.#removals) {
      if (!(await removeSaved(removal))) continue;
      removed += 1;
      freed += removal.bytes;
    }
    return { removed, freed };
  }

  [displayKey](): MimeBundle {
    const { freeBytes, untilFull } = this.facts;
    const going = this.rows.filter(({ keep }) => !keep).length;
    const forecast =
      untilFull === undefined
        ? "not known (needs two saves and the free space)"
        : `in ${formatDuration(untilFull)} at this rate`;
    const facts = factsBundle("Retention", [
      [
        "would be removed",
        `${formatCount(going)} of ${formatCount(this.rows.length)} checkpoints, ${formatBytes(this.freed)}`,
      ],
      ["free disk", Number.isFinite(freeBytes) ? formatBytes(freeBytes) : "not known"],
      ["disk full", forecast],
      ["next", going > 0 ? "await retention.apply()" : "nothing to do"],
    ]);
    const table = tableBundle({
      columns: [
        { key: "step", label: "step" },
        { key: "size", label: "size", align: "right" },
        { key: "saved", label: "saved (UTC)" },
        { key: "verdict", label: "verdict" },
        { key: "reason", label: "reason" },
      ],
      rows: this.rows.map(({ step, bytes, savedAt, keep, reason }) => ({
        step,
        size: formatBytes(bytes),
        saved: savedAt.toISOString().replace("T", " ").slice(0, 19),
        verdict: keep ? "stays" : "goes",
        reason,
      })),
      more: "retention.rows",
    });
    return joinBundles([facts, table]);
  }
}

interface RemovalPlan {
  readonly removals: readonly RemovalRequest[];
  readonly recheck: () => Promise<void>;
}
