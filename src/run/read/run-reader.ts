import { stat } from "node:fs/promises";
import { type Clock, systemClock } from "../../core/clock.js";
import { freeSpace, fullDisk } from "../../core/files.js";
import { isRunning, lifeOf } from "../../core/liveness/process-identity.js";
import { localNodeOf } from "../nodes/open/open-nodes.js";
import { originalOf } from "../record/copied-folder.js";
import { isTerminal } from "../record/events.js";
import type { RunHistory } from "../record/history.js";
import { runPaths, signOfLifeMs } from "../record/layout.js";
import { type LeaseState, LeaseWatch } from "../record/lease.js";
import { RecordReader } from "../record/record-reader.js";
import { type FoundRunFile, findRunFile, type RunFile, runFileSign } from "../record/run-file.js";
import type { StepTable } from "../record/step-table.js";
import { SavedCheckpoints } from "./checkpoints-on-disk.js";
import { describeLeftovers, findLeftovers } from "./leftovers.js";
import { deriveStatus, type RunStatus, recentSteps } from "./status.js";
import { UnrecordedLogs } from "./unrecorded-logs.js";

/** A folder that is missing for so many milliseconds was not only renamed. */
const missingMs = 3000;

/**
 * Reads a run's folder, each byte once. Any number of readers may look at the same folder; those of one process share
 * one.
 */
export class RunReader {
  readonly folder: string;
  readonly clock: Clock = systemClock;
  file: RunFile;
  readonly #record: RecordReader;
  readonly #lease: LeaseWatch;
  readonly #saved: SavedCheckpoints;
  readonly #logs: UnrecordedLogs;
  #fileDamage: string | undefined;
  #fileSign: string;
  /**
   * Steps that the logs are read for: those after the record if nobody supervises the run and its end is not recorded,
   * all if the record of a finished run lacks some.
   */
  #stepsInLogs: "none" | "newer" | "all" = "none";
  #missingSince: number | undefined;
  #leftovers: string[] | undefined;
  #reading: Promise<unknown> = Promise.resolve();

  /** `read`: what is known of the run.json that `file` comes from. */
  constructor(folder: string, file: RunFile, read: Partial<FoundRunFile> = {}) {
    this.folder = folder;
    this.file = file;
    this.#fileSign = read.sign ?? "";
    this.#fileDamage = read.damage;
    const place = () => folder;
    this.#record = new RecordReader(place, file.layout);
    this.#lease = new LeaseWatch(() => runPaths(folder).lease, this.clock, leaseSetting());
    this.#saved = new SavedCheckpoints(folder);
    this.#logs = new UnrecordedLogs(folder);
  }

  get history(): RunHistory {
    return this.#record.history;
  }

  /** Number of the newest lease; a supervisor that starts takes the next one. */
  get leaseNumber(): number | undefined {
    return this.#lease.lease?.number;
  }

  /** Takes in what was written since the last call and says where the run stands. */
  status(): Promise<RunStatus> {
    return this.#next(() => this.#status());
  }

  /** All steps, by rising global step; those that a later attempt did again once, as done last. */
  steps(): Promise<StepTable> {
    return this.#next(async () => {
      await this.#status();
      const steps = await this.#record.steps();
      // A record that was cut ends within the steps of one look at the log, whose end it names.
      if (this.#stepsInLogs !== "none")
        await this.#logs.read(this.file, steps, this.#stepsInLogs === "all" ? 0 : undefined);
      if (steps.damaged > 0) await this.#logs.addMissing(this.file, steps);
      return steps;
    });
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#reading.then(work);
    this.#reading = next.catch(() => undefined);
    return next;
  }

  /** True if the folder has been missing for longer than a supervisor needs to link a moved one. */
  async isGone(): Promise<boolean> {
    if (await stat(this.folder).catch(() => undefined)) this.#missingSince = undefined;
    else this.#missingSince ??= this.clock.elapsed();
    return this.#missingSince !== undefined && this.clock.elapsed() > this.#missingSince + missingMs;
  }

  async #status(): Promise<RunStatus> {
    const gone = !(await this.#readFile()) && (await this.isGone());
    const { original } = this;
    const lease = await this.#readRecord(original !== undefined);
    const ended = isTerminal(this.history.state?.state) && this.history.attempt === this.file.attempt;
    const orphaned = lease !== "held" && !ended && this.history.start !== undefined;
    const recorded = await this.#record.newest(recentSteps);
    const last = recorded.steps.at(-1);
    const lacking = ended && !this.#isSimulated ? this.#lacking(last?.step ?? 0) : undefined;
    this.#stepsInLogs = lacking === undefined ? (orphaned ? "newer" : "none") : "all";
    const logOffset = this.#stepsInLogs === "all" ? 0 : recorded.logOffset;
    const unrecorded = this.#stepsInLogs === "none" ? [] : await this.#logs.skim(this.file, logOffset);
    const added = unrecorded.filter(({ step, attempt }) => attempt !== last?.attempt || step > last.step);
    const checkpoint = await this.#newestCheckpoint();
    const known = lease === "held" ? (this.#lease.lease?.processes ?? 0) : 0;
    const processes = lease === "held" || ended ? known : (await this.processes()).length;
    if (lease !== "held") this.#leftovers ??= describeLeftovers(await findLeftovers(this.folder));
    const damage = [
      ...(this.#fileDamage === undefined ? [] : [this.#fileDamage]),
      ...this.#record.damage,
      ...(lacking === undefined ? [] : [lacking]),
      ...(lease === "held" ? [] : (this.#leftovers ?? [])),
    ];
    return deriveStatus(this.file, this.history, {
      supervisorAlive: lease === "held",
      processes,
      over: orphaned && this.#logs.over,
      now: this.clock.now(),
      steps: [...recorded.steps, ...added].slice(-recentSteps),
      checkpointStep: checkpoint.step,
      remains: [...this.#incompleteAfter(checkpoint.step), ...checkpoint.problems],
      damage,
      full: orphaned ? fullDisk(this.folder, await freeSpace(this.folder)) : undefined,
      ...(original !== undefined && { copyOf: original }),
      ...(gone && { gone: `the run folder ${this.folder} was moved or deleted` }),
    });
  }

  /** In words, if a run that did all its steps has lost some from its record. */
  #lacking(step: number): string | undefined {
    const { totalSteps = 0, layout } = this.file;
    if (layout === 1 || this.history.state?.state !== "finished" || step >= totalSteps) return undefined;
    return `the record of steps ends at step ${step} of ${totalSteps}; later ones are read from the logs`;
  }

  get #isSimulated(): boolean {
    return (this.file.cluster as { readonly simulate?: unknown } | undefined)?.simulate !== undefined;
  }

  /** Checkpoints that were never complete; older than the newest complete one they are no loss. */
  #incompleteAfter(newest = 0): string[] {
    const steps = new Map(this.history.notes.map(({ incomplete = 0, text }) => [incomplete, text]));
    return [...steps].filter(([step]) => step > newest).map(([, text]) => text);
  }

  /** A simulated run has events of its checkpoints, and no files. */
  async #newestCheckpoint(): Promise<Awaited<ReturnType<SavedCheckpoints["newest"]>>> {
    const events = [...this.history.checkpoints, ...this.#logs.checkpoints];
    if (!this.#isSimulated) return this.#saved.newest(this.file, events);
    return { step: events.at(-1)?.step, problems: [] };
  }

  /** Reads run.json if it has changed; false if there is none. */
  async #readFile(): Promise<boolean> {
    const sign = await runFileSign(this.folder);
    if (sign !== "none") this.#missingSince = undefined;
    if (sign === this.#fileSign) return sign !== "none";
    this.#fileSign = sign;
    const read = await findRunFile(this.folder).catch((error: unknown) => ({ file: this.file, damage: String(error) }));
    this.#fileDamage = read?.damage ?? (read ? undefined : "run.json is missing");
    if (read) this.file = read.file;
    return sign !== "none";
  }

  /**
   * Reads the events and judges the supervisor. Between the two it may have written its end, or another one its
   * beginning: if it seems to be gone, the events are read again. Nobody supervises a copy, although its lease names
   * the supervisor of the original.
   */
  async #readRecord(isCopy: boolean): Promise<LeaseState> {
    const look = () => (this.file.layout === 1 ? this.#oldSupervisor() : this.#lease.look());
    const judge = async () => {
      const state = await look();
      return isCopy && state === "held" ? "expired" : state;
    };
    await this.#record.read();
    if (isTerminal(this.history.state?.state) && this.history.attempt === this.file.attempt) return "released";
    const state = await judge();
    if (state === "held") return state;
    const { start } = this.history;
    await this.#record.read();
    return this.history.start === start ? state : judge();
  }

  /** Layout 1: the supervisor's process, or the time of the events where it can't be seen. */
  async #oldSupervisor(): Promise<LeaseState> {
    const supervisor = this.history.attempt === this.file.attempt ? this.history.start?.supervisor : undefined;
    if (supervisor === undefined) return "none";
    const beatAt = (await stat(runPaths(this.folder).oldEvents).catch(() => undefined))?.mtimeMs ?? 0;
    const life = lifeOf(supervisor, beatAt);
    const fresh = this.clock.now() < beatAt + 6 * signOfLifeMs;
    return life === "alive" || (life === "unknown" && fresh) ? "held" : "expired";
  }

  /** Looks for files of killed saves again at the next status. */
  forgetLeftovers(): void {
    this.#leftovers = undefined;
  }

  /** Folder that the run trains in, if this one is only a copy of it. */
  get original(): string | undefined {
    return originalOf(this.file, this.folder);
  }

  /** Living processes of the run on this machine; none for a copy of its folder. */
  async processes() {
    return localNodeOf(this.file, () => this.folder).processes();
  }

  /** Name of the supervisor's machine, if its processes can't be seen from here. */
  get elsewhere(): string | undefined {
    const lease = this.#lease.lease;
    if (!lease || isRunning(lease.holder) || lifeOf(lease.holder, this.clock.now()) !== "unknown") return undefined;
    return lease.host;
  }
}

/** A setting of the tests. */
function leaseSetting(): number | undefined {
  const text = process.env.MF_LAB_LEASE_MS;
  return text === undefined ? undefined : Number(text);
}

/** Readers of this process by folder. */
const readers = new Map<string, WeakRef<RunReader>>();

/**
 * The reader of a run folder; one for all objects of this process that look at it. `read`: what is known of the
 * run.json that `file` comes from.
 */
export function sharedReader(folder: string, file: RunFile, read: Partial<FoundRunFile> = {}): RunReader {
  const known = readers.get(folder)?.deref();
  if (known && known.file.id === file.id && known.file.layout === file.layout) return known;
  const reader = new RunReader(folder, file, read);
  readers.set(folder, new WeakRef(reader));
  return reader;
}
