import { CheckpointError } from "../../core/error.js";
import { formatBytes, formatCount, formatDate } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import type { Checkpoint } from "./checkpoint.js";

/** All points that a training saved into one folder, as they were when it was opened. Shows itself as a table. */
export class Checkpoints {
  /** The folder of the `rank_R` folders. */
  readonly folder: string;
  /** By step, then by the time of saving. Incomplete ones are included. */
  readonly all: readonly Checkpoint[];

  constructor(folder: string, all: readonly Checkpoint[]) {
    this.folder = folder;
    this.all = [...all].sort((a, b) => a.step - b.step || a.savedAt.getTime() - b.savedAt.getTime());
  }

  /**
   * The complete checkpoint with the highest step (of several, the one saved last): what a resume should start from.
   * @throws CheckpointError CHECKPOINT_NONE if none is complete, with the reason.
   */
  latestComplete(): Checkpoint {
    const found = this.all.findLast((checkpoint) => checkpoint.complete);
    if (found) return found;
    const last = this.all.at(-1);
    const why = `step ${last?.step}: ${last?.issues.map(({ message }) => message).join("; ")}`;
    const message = `folder ${this.folder}: expected a complete checkpoint, found ${this.all.length} incomplete (${why})`;
    throw new CheckpointError("CHECKPOINT_NONE", message, {
      hint: "wait until the run has saved on every rank, then open the folder again",
    });
  }

  /**
   * The checkpoint of exactly this step (of several, the last complete one, else the last).
   * @throws CheckpointError CHECKPOINT_MISSING with the steps that there are.
   */
  at(step: number): Checkpoint {
    const found = this.all.filter((checkpoint) => checkpoint.step === step);
    const best = found.findLast((checkpoint) => checkpoint.complete) ?? found.at(-1);
    if (best) return best;
    const steps = [...new Set(this.all.map((checkpoint) => checkpoint.step))];
    const nearest = steps.sort((a, b) => Math.abs(a - step) - Math.abs(b - step)).slice(0, 10);
    const message = `folder ${this.folder}: expected a checkpoint of step ${step}, found steps ${nearest.join(", ")}`;
    throw new CheckpointError("CHECKPOINT_MISSING", message, { hint: `checkpoints.at(${nearest[0]})` });
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: `${formatCount(this.all.length)} checkpoint${this.all.length === 1 ? "" : "s"} in ${this.folder}`,
      columns: [
        { key: "step", label: "Step" },
        { key: "epoch", label: "Epoch" },
        { key: "ranks", label: "Ranks", align: "right" },
        { key: "size", label: "Size", align: "right" },
        { key: "saved", label: "Saved (UTC)" },
        { key: "complete", label: "Complete" },
      ],
      rows: this.all.map((checkpoint) => ({
        step: checkpoint.step,
        epoch: checkpoint.epoch,
        ranks: checkpoint.ranks.length,
        size: formatBytes(checkpoint.bytes),
        saved: formatDate(checkpoint.savedAt),
        complete: checkpoint.complete ? "yes" : `no: ${checkpoint.issues[0]?.message}`,
      })),
      more: "checkpoints.all",
    });
  }
}
