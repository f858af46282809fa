import { rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { LabError } from "../core/error.js";
import { folderSize } from "../core/files.js";
import { formatBytes, formatCount, formatDate } from "../core/units.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { type Column, tableBundle } from "../view/table.js";
import { isLive, type RunStatus } from "./read/status.js";

/** The part of a run that deleting needs; `Run` has it. */
export interface DeletableRun {
  readonly name: string;
  readonly folder: string;
  status(): Promise<RunStatus>;
}

/** The name in run.json, if the folder of the run has another one since it was copied or renamed. */
export function recordedName({ name, folder }: Pick<DeletableRun, "name" | "folder">): string | undefined {
  return name === basename(folder) ? undefined : name;
}

/** The column for `recordedName`, if a run has one. */
export function recordedColumn(runs: readonly Pick<DeletableRun, "name" | "folder">[]): Column[] {
  return runs.some((run) => recordedName(run) !== undefined) ? [{ key: "recorded", label: "recorded as" }] : [];
}

/** A run that would be deleted. */
export interface DoomedRun {
  readonly run: DeletableRun;
  readonly status: RunStatus;
  /** Bytes of its folder on disk. */
  readonly bytes: number;
  /** What tells its folder from a later one of the same name. */
  readonly identity: string | undefined;
}

/**
 * What would be deleted. Nothing is touched until `confirm()`. Live runs are never part of it; `live` names those
 * that match.
 *
 * @example
 * const deletion = await deleteRuns({ names: ["test-*"], olderThan: "7d" });
 * deletion.bytes;
 * await deletion.confirm();
 */
export class RunDeletion {
  readonly runs: readonly DoomedRun[];
  readonly live: readonly string[];
  readonly #unmatched: string;

  /** @internal Use run.delete or deleteRuns. `unmatched`: names that no run has, in words. */
  constructor(runs: readonly DoomedRun[], live: readonly string[], unmatched = "") {
    this.runs = runs;
    this.live = live;
    this.#unmatched = unmatched;
  }

  /** Bytes of all folders together. */
  get bytes(): number {
    return this.runs.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Deletes the folders with their checkpoints and logs; this cannot be undone. Checks every run again first. Skips
   * what is gone already, so that the cell may run twice, and a new run that has taken its name.
   * @throws RUN_LIVE if one of them has been started again since the preview; the others before it are deleted.
   */
  async confirm(): Promise<{ readonly deleted: readonly string[]; readonly bytes: number }> {
    const deleted: DoomedRun[] = [];
    for (const doomed of this.runs) if (await deleteFolder(doomed)) deleted.push(doomed);
    return { deleted: deleted.map(({ run }) => run.folder), bytes: deleted.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: `${formatCount(this.runs.length, "run")} to delete, ${formatBytes(this.bytes)}; nothing is deleted yet`,
      columns: [
        { key: "name" },
        ...recordedColumn(this.runs.map(({ run }) => run)),
        { key: "state" },
        { key: "step", align: "right" },
        { key: "checkpoint", align: "right" },
        { key: "size", align: "right" },
        { key: "started" },
        { key: "folder" },
      ],
      rows: this.runs.map(({ run, status, bytes }) => ({
        name: basename(run.folder),
        recorded: recordedName(run),
        state: status.state,
        step: status.step,
        checkpoint: status.checkpointStep,
        size: formatBytes(bytes),
        started: formatDate(status.startedAt),
        folder: relative(process.cwd(), run.folder) || run.folder,
      })),
      note: [
        this.runs.length > 0 ? "To delete them: await deletion.confirm()" : "",
        this.#unmatched,
        this.live.length > 0 ? `Live runs are kept: ${this.live.join(", ")}` : "",
      ]
        .filter(Boolean)
        .join("\n"),
    });
  }
}

function refuseLive(status: RunStatus): LabError {
  const found = `${status.state} at step ${status.step}`;
  return new LabError("RUN_LIVE", `run ${status.name}: expected one that has ended, found it ${found}`, {
    hint: "await run.stop()",
    details: { name: status.name, state: status.state },
  });
}

/** Undefined if there is no such folder. Numbers of folders are used again, moments of birth are not. */
async function identityOf(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined);
  return found && `${found.dev}:${found.ino}:${found.birthtimeMs}`;
}

/**
 * First out of sight under a hidden name, so that a half-deleted folder is never taken for a run. False if it is gone
 * already, or another run's by now.
 */
async function deleteFolder({ run, identity }: DoomedRun): Promise<boolean> {
  const now = await identityOf(run.folder);
  if (now === undefined || now !== identity) return false;
  const status = await run.status();
  if (isLive(status)) throw refuseLive(status);
  const hidden = join(dirname(run.folder), `.deleted-${basename(run.folder)}-${process.pid}-${Date.now()}`);
  await rename(run.folder, hidden);
  await rm(hidden, { recursive: true, force: true });
  return true;
}

/** The preview for some runs. `strict`: a live run is an error, not left out; `unmatched`: names that no run has. */
export async function previewDeletion(
  runs: readonly DeletableRun[],
  strict: boolean,
  unmatched?: string,
): Promise<RunDeletion> {
  const doomed: DoomedRun[] = [];
  const live: string[] = [];
  for (const run of runs) {
    const status = await run.status();
    if (!isLive(status)) {
      const [bytes, identity] = await Promise.all([folderSize(run.folder), identityOf(run.folder)]);
      doomed.push({ run, status, bytes, identity });
    } else if (strict) throw refuseLive(status);
    else live.push(basename(run.folder));
  }
  return new RunDeletion(doomed, live, unmatched);
}
