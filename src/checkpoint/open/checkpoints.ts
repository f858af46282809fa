import { stat } from "node:fs/promises";
import { invalidArgument } from "../../core/arguments.js";
import { CheckpointError } from "../../core/error.js";
import { freeSpace } from "../../core/files.js";
import { requireOptions } from "../../core/options/option-names.js";
import { formatBytes, formatCount, formatDate } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import { linkedByRuns, linksTo } from "../keep/in-use.js";
import { Retention } from "../keep/retention.js";
import { judgeRetention, type RetentionOptions, timeUntilFull } from "../keep/retention-rule.js";
import type { Checkpoint } from "./checkpoint.js";
import { requireHere } from "./seal-place.js";

/**
 * All points that a training saved into one folder, as they were when it was opened. Shows itself as a table.
 *
 * @example
 * const checkpoints = await openCheckpoints("runs/first/output/checkpoint");
 * const last = checkpoints.latestComplete();
 * await last.verify();
 */
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
    const message =
      `folder ${this.folder}: expected a complete checkpoint, ` + `found ${this.all.length} incomplete (${why})`;
    throw new CheckpointError("CHECKPOINT_NONE", message, {
      hint: "wait until the run has saved on every rank, then open the folder again",
    });
  }

  /**
   * The checkpoint of exactly this step (of several, the last complete one, else the last).
   * @throws CheckpointError CHECKPOINT_MISSING with the steps that exist.
   */
  at(step: number): Checkpoint {
    if (typeof step !== "number")
      throw invalidArgument({
        call: "checkpoints.at, step",
        expected: "a step",
        found: step,
        example: "checkpoints.at(100)",
      });
    const found = this.all.filter((checkpoint) => checkpoint.step === step);
    const best = found.findLast((checkpoint) => checkpoint.complete) ?? found.at(-1);
    if (best) return best;
    const steps = [...new Set(this.all.map((checkpoint) => checkpoint.step))];
    const nearest = steps.sort((a, b) => Math.abs(a - step) - Math.abs(b - step)).slice(0, 10);
    const message = `folder ${this.folder}: expected a checkpoint of step ${step}, found steps ${nearest.join(", ")}`;
    throw new CheckpointError("CHECKPOINT_MISSING", message, { hint: `checkpoints.at(${nearest[0]})` });
  }

  /**
   * Shows which checkpoints the rules keep, which they would remove, and when the disk is full at the rate of the
   * saves so far. Removes nothing before `retention.apply()`. Always keeps the newest complete one and what a resumed
   * run loads.
   */
  async retention(options: RetentionOptions = {}): Promise<Retention> {
    requireOptions(options, "checkpoints.retention", {
      names: ["keepLast", "keepEvery", "within"],
      example: "await checkpoints.retention({ keepLast: 3 })",
    });
    requireHere(this.folder, "retention()");
    const linked = await linkedByRuns(this.folder);
    const uses = new Map<Checkpoint, string | undefined>();
    for (const each of this.all) uses.set(each, await linksTo(pathsOf(each), linked));
    const verdicts = judgeRetention(this.all, options, { now: Date.now(), inUse: (each) => uses.get(each) });
    const freeBytes = await freeSpace(this.folder);
    const rows = verdicts.map(({ candidate: { step, bytes, savedAt }, keep, reason }) => {
      return { step, bytes, savedAt, keep, reason };
    });
    const removals = verdicts
      .filter(({ keep }) => !keep)
      .map(({ candidate }) => ({ root: this.folder, paths: removedPaths(candidate), bytes: candidate.bytes }));
    const newest = this.all.findLast(({ complete }) => complete);
    return new Retention(
      rows,
      { freeBytes, untilFull: timeUntilFull(this.all, freeBytes) },
      { removals, recheck: () => requireFiles(newest) },
    );
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: `${formatCount(this.all.length)} checkpoint${this.all.length === 1 ? "" : "s"} in ${this.folder}`,
      columns: [
        { key: "step", label: "step" },
        { key: "epoch", label: "epoch" },
        { key: "ranks", label: "ranks", align: "right" },
        { key: "size", label: "size", align: "right" },
        { key: "saved", label: "saved (UTC)" },
        { key: "complete", label: "complete" },
      ],
      rows: this.all.map((checkpoint) => ({
        step: checkpoint.step < 0 ? undefined : checkpoint.step,
        epoch: checkpoint.step < 0 && checkpoint.epoch === 0 ? undefined : checkpoint.epoch,
        ranks: checkpoint.ranks.length,
        size: formatBytes(checkpoint.bytes),
        saved: formatDate(checkpoint.savedAt),
        complete: checkpoint.complete ? "yes" : `no: ${checkpoint.issues[0]?.message}`,
      })),
      more: "checkpoints.all",
    });
  }
}

function pathsOf({ files }: Checkpoint): string[] {
  return files.map(({ path }) => path);
}

/** What disappears with a checkpoint: the folder of an iteration, else its files. */
function removedPaths(checkpoint: Checkpoint): string[] {
  return checkpoint.layout === "iteration" ? [checkpoint.folder] : pathsOf(checkpoint);
}

/** The newest complete checkpoint must still be there, with its sizes, before others go. */
async function requireFiles(newest: Checkpoint | undefined): Promise<void> {
  for (const { path, bytes } of newest?.files ?? []) {
    const found = await stat(path).catch(() => undefined);
    if (found?.size === bytes) continue;
    const message =
      `file ${path}: expected ${bytes} bytes as when the folder was opened, ` + `found ${found?.size ?? "nothing"}`;
    throw new CheckpointError("RETENTION_CHANGED", message, {
      hint: "open the folder again: await openCheckpoints(…)",
    });
  }
}
