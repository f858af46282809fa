import type { Checkpoint } from "../checkpoint/open/checkpoint.js";
import { CancelledError, LabError } from "../core/error.js";
import { requireOptions } from "../core/options/option-names.js";
import type { Incidents } from "../recover/account/incidents.js";
import { displayKey, jupyterHost, type MimeBundle } from "../view/display-contract.js";
import { show } from "../view/show.js";
import type { ShownList } from "../view/shown-list.js";
import { previewDeletion, type RunDeletion } from "./deletion.js";
import { logOptions } from "./logs/check-log-options.js";
import { followLogs, type LogFollow } from "./logs/follow-logs.js";
import type { LogLines } from "./logs/log-lines.js";
import type { LogOptions } from "./logs/log-options.js";
import { readLogs } from "./logs/read-logs.js";
import { type NodeTable, nodeTable, type RankStacks, rankStacks } from "./node-table.js";
import { hasRemoteFiles } from "./nodes/open/open-nodes.js";
import { decisionList } from "./read/decision-list.js";
import { readIncidents } from "./read/incidents.js";
import { removeLeftovers } from "./read/leftovers.js";
import { type RunReader, sharedReader } from "./read/run-reader.js";
import { isLive, type RunStatus } from "./read/status.js";
import { type DecisionEvent, isTerminal, type StepRecord } from "./record/events.js";
import { runPaths } from "./record/layout.js";
import { type RunFile, timeOfRun } from "./record/run-file.js";
import { type SaveNowOptions, saveNow, saveNowOptions } from "./save-now.js";
import { type StopOptions, stopOptions, stopRun } from "./stop.js";
import { type WaitOptions, waitForRun, waitOptions } from "./wait.js";
import { shownStatus, statusCard } from "./watch/status-card.js";
import { tellContinues, type Watch, type WatchOptions, watchOptions, watchRun } from "./watch/watch.js";

/**
 * A training run: a folder and what can be read from it. The training does not depend on this object, on the kernel
 * or on the notebook; any number of Run objects may look at the same folder, now or later (`openRun`).
 *
 * @example
 * const run = await openRun("first");
 * run.watch({ plots: ["loss", "grad_norm"] });
 * await run.wait({ untilStep: 200, timeout: "2h" });
 * await run.stop();
 */
export class Run {
  readonly name: string;
  /** Absolute path of the run folder; its layout is described in `src/run/record/layout.ts`. */
  readonly folder: string;
  /**
   * Where MindFormers writes checkpoints: `openCheckpoints(run.checkpointDir)`. Of nodes with storage of their own, the
   * path on each node.
   */
  readonly checkpointDir: string;
  /** Message of the call that returned this object, such as that it started nothing. */
  readonly note: string | undefined;
  readonly #reader: RunReader;

  /** @internal Use launchRun, openRun, or resumeRun. */
  constructor(folder: string, file: RunFile, note?: string) {
    this.name = file.name;
    this.folder = folder;
    this.checkpointDir = runPaths((hasRemoteFiles(file) ? file.commands[0]?.folder : undefined) ?? folder).checkpoints;
    this.note = note;
    this.#reader = sharedReader(folder, file);
  }

  /** State of the run now. */
  async status(): Promise<RunStatus> {
    return this.#shown(await this.#reader.status());
  }

  /** A status shows itself as the card of the run. */
  #shown(status: RunStatus): RunStatus {
    return shownStatus(status, this.#reader.file, this.folder);
  }

  /**
   * Every optimizer step so far, by rising global step; a step that a later attempt repeated appears once, as the
   * last attempt did it.
   */
  async steps(): Promise<readonly StepRecord[]> {
    return (await this.#reader.steps()).slice();
  }

  /** What run.json holds: command, plan figures, parent. */
  get description(): RunFile {
    return this.#reader.file;
  }

  /** Decisions about this run with their reasons, in order of time; those of a recovery with the evidence. */
  async decisions(): Promise<ShownList<DecisionEvent>> {
    await this.#reader.status();
    return decisionList(this.#reader.history.decisions);
  }

  /** The stops of this run, what each of them cost, and what would have been cheaper. */
  async incidents(): Promise<Incidents> {
    const { file, clock } = this.#reader;
    return readIncidents(this.folder, file, timeOfRun(file, clock.now()));
  }

  /**
   * Records of the logs of all ranks, nodes, and programs, in order of time; shows itself as text, at most 64 KB.
   * Without options the last 30 records of the rank that shows the true loss. `follow: true` shows the records that are
   * written from now on, and returns at once.
   */
  logs(options: LogOptions & { readonly follow: true }): LogFollow;
  logs(options?: LogOptions): Promise<LogLines>;
  logs(options: LogOptions = {}): Promise<LogLines> | LogFollow {
    requireOptions(options, "run.logs", { names: logOptions, example: "await run.logs({ rank: 0, tail: 30 })" });
    const { file, clock } = this.#reader;
    if (options.follow !== true) return readLogs(file, this.folder, options);
    const hasEnded = async () => !isLive(await this.status());
    return followLogs({ file, folder: this.folder, clock, hasEnded }, options, jupyterHost()?.signal);
  }

  /**
   * Waits for the end of the run, or for a step. Throws RUN_FAILED (RunFailedError with rank, signal, and log),
   * RUN_LOST, RUN_WAIT_TIMEOUT, or CANCELLED when the cell is interrupted; training continues in the last two cases.
   * When the run has ended, returns after the last write into its folder, which can then be copied or removed. Notes
   * a run that ended before the step.
   */
  async wait(options: WaitOptions = {}): Promise<RunStatus> {
    const cell = jupyterHost()?.signal;
    const { untilStep = Number.POSITIVE_INFINITY, signal = cell } = waitOptions(options);
    const waiting = waitForRun(this.#reader, (status) => status.step >= untilStep, { ...options, signal });
    const status = await waiting.catch((error: unknown) => {
      if (error instanceof CancelledError && cell?.aborted) tellContinues(this.#reader, cell);
      throw error;
    });
    if (options.untilStep !== undefined && status.step < untilStep)
      show({
        "text/plain": `run ${this.name} has ended (${status.state}) at step ${status.step}, before step ${untilStep}`,
      });
    return this.#shown(status);
  }

  /** Shows figures that follow the run until it ends, under the cell that calls it; returns at once. */
  watch(options: WatchOptions = {}): Watch {
    return watchRun(this.#reader, watchOptions(options));
  }

  /**
   * Stops the run: the engine saves a checkpoint and exits, or is interrupted and in the end killed. Returns when no
   * process of it is left. Does nothing to a run that has ended. Throws RUN_NOT_STOPPED if a process survives,
   * and RUN_COPIED if the folder is only a copy of the run's.
   */
  async stop(options: StopOptions = {}): Promise<RunStatus> {
    const { signal = jupyterHost()?.signal } = stopOptions(options);
    if (signal?.aborted) throw new CancelledError(`stopping run ${this.name}`);
    return this.#shown(await stopRun(this.#reader, { ...options, signal }));
  }

  /**
   * Saves a checkpoint of the live run at once, besides those at intervals, and returns it when all ranks' files are
   * recorded. The step is a few steps ahead, so that all ranks save at the same one.
   * @throws RUN_NOT_SAVED with the reason, such as a run that has ended or whose nodes share no folder.
   */
  async saveNow(options: SaveNowOptions = {}): Promise<Checkpoint> {
    const { signal = jupyterHost()?.signal } = saveNowOptions(options);
    return saveNow(this.#reader, { ...options, signal });
  }

  /**
   * Shows what deleting this run would remove; `confirm()` of the result deletes its folder with checkpoints and logs.
   * @throws RUN_LIVE for a run that has not ended.
   */
  delete(): Promise<RunDeletion> {
    return previewDeletion([this], true);
  }

  /** Every node with its state, age of the last sign, ranks, memory, and NPUs; shows itself as a table. */
  nodes(): Promise<NodeTable> {
    return nodeTable(this.#reader.file, this.folder);
  }

  /**
   * Python stacks of a rank, of several, or of all (at most 64), or the reason why there is none; also of a rank that
   * hangs.
   */
  async stacks(options: { readonly rank?: number | readonly number[] } = {}): Promise<RankStacks> {
    requireOptions(options, "run.stacks", { names: ["rank"], example: "await run.stacks({ rank: 0 })" });
    const { rank } = options;
    return rankStacks(this.#reader.file, this.folder, rank === undefined ? undefined : [rank].flat());
  }

  /**
   * Removes files that a killed save left (`.tmp`), and returns their paths. Throws RUN_LIVE while the run is live,
   * as they may belong to a save in progress.
   */
  async removeLeftovers(): Promise<readonly string[]> {
    const { state } = await this.status();
    if (!isTerminal(state) && state !== "lost")
      throw new LabError("RUN_LIVE", `run ${this.name}: expected one that has ended, found it ${state}`, {
        hint: "await run.stop()",
        details: { name: this.name, state },
      });
    this.#reader.forgetLeftovers();
    return removeLeftovers(this.folder);
  }

  /** Status card. */
  async [displayKey](): Promise<MimeBundle> {
    const status = await this.status();
    return statusCard(status, this.#reader.file, { folder: this.folder, note: this.note });
  }
}
