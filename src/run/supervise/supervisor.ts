import { type Clock, systemClock } from "../../core/clock.js";
import { isLabError } from "../../core/error.js";
import { findCause } from "../cause/find-cause.js";
import type { RunNode } from "../nodes/node.js";
import { rankNodes } from "../nodes/open/attempt-ranks.js";
import type { RunEvent } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import type { Lease } from "../record/lease.js";
import { RecordReader } from "../record/record-reader.js";
import { type RunFile, writeRunFile } from "../record/run-file.js";
import { Attempt, type Examine, type Recorded } from "./attempt.js";
import type { AttemptEnd } from "./attempt-end.js";
import { FolderGone, Keeper } from "./keeper.js";
import type { SavedPoint } from "./observe/attempt-logs.js";
import { tailOf } from "./observe/follow.js";
import { hangMs } from "./observe/silence.js";
import type { Verdict } from "./observe/verdict.js";
import { Recorder } from "./recorder.js";
import { Saver } from "./saver.js";
import type { Place } from "./start/place.js";

/** Lines of a failed rank's log that go into the record. */
const faultLines = 40;
/** How long the end of a run waits for the seal of its last checkpoint. */
const sealMs = 20_000;

export interface SupervisorOptions {
  readonly place: Place;
  readonly file: RunFile;
  readonly lease: Lease;
  /** The nodes whose processes this supervisor starts and watches. */
  readonly nodes: (file: RunFile, folder: () => string) => readonly RunNode[];
  readonly clock?: Clock;
  /** Milliseconds between two looks at requests and ends, default 200. */
  readonly paceMs?: number;
  /** Shortest silence that counts as a hang, default 60,000 ms. */
  readonly hangMs?: number;
  /** Called with every beat of the lease, such as to keep a standby running. */
  readonly onBeat?: () => Promise<void>;
  /**
   * Decides what follows the end of an attempt: the description of the next attempt, or undefined to end the run with
   * the verdict. Called when no process of the attempt is left. May wait.
   */
  readonly next?: (end: AttemptEnd, file: RunFile, recorder: Recorder) => Promise<RunFile | undefined>;
  /** Copies the record to where other machines find it; false if another supervisor has taken over there. */
  readonly copy?: { push(): Promise<boolean>; finish(): Promise<void> };
  /** Looks at what the logs say while an attempt runs; see AttemptParts. */
  readonly examine?: Examine;
}

/**
 * Holds the lease of a run, starts or takes over its attempts one after the other, and writes down what happens.
 * Everything that it touches comes from outside: nodes, clock, lease, folder.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  readonly #keeper: Keeper;
  #file: RunFile;
  #recorder: Recorder | undefined;
  #attempt: Attempt | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#file = options.file;
    const { place, lease, onBeat, copy } = options;
    this.#keeper = new Keeper({
      ...{ place, lease, onBeat, clock: this.#clock },
      file: () => this.#file,
      processes: () => this.#attempt?.processes.count ?? 0,
      note: async (text) => this.#recorder?.note(text),
      ...(copy && { copy: () => copy.push() }),
    });
  }

  /**
   * Stays until the run has ended; returns the verdict. Throws RUN_LEASE_LOST, after which nothing more is written or
   * signaled.
   */
  async run(): Promise<Verdict> {
    const keeping = this.#keeper.keep();
    try {
      for (;;) {
        const { end, nodes } = await this.#supervise();
        await this.#closeAttempt(end, nodes);
        const next = await this.#options.next?.(end, this.#file, this.#recorder as Recorder);
        if (next === undefined) {
          for (const node of nodes) await node.release?.().catch(() => undefined);
          return await this.#endRun(end.verdict);
        }
        await this.#begin(next);
      }
    } catch (error) {
      if (isLabError(error) && error.code === "RUN_LEASE_LOST") throw error;
      const { place } = this.#options;
      if (error instanceof FolderGone) return await this.#endUnrecorded(error);
      // Whatever fails in a folder that was deleted fails for that.
      if ((await place.look()) === "gone") return await this.#endUnrecorded(new FolderGone(place.folder));
      return await this.#giveUp(error);
    } finally {
      this.#keeper.end();
      await keeping;
      await this.#recorder?.abandon().catch(() => undefined);
    }
  }

  async #supervise(): Promise<{ readonly end: AttemptEnd; readonly nodes: readonly RunNode[] }> {
    const { place, lease, paceMs = 200 } = this.#options;
    const at = () => place.at;
    const recorded = await readRecorded(at, this.#file);
    const options = { attempt: this.#file.attempt, clock: this.#clock };
    this.#recorder ??= await Recorder.open(place.at, lease, options);
    this.#recorder.attempt = this.#file.attempt;
    this.#recorder.state = recorded.state;
    const folder = () => place.folder;
    const nodes = this.#options.nodes(this.#file, folder);
    const parts = { recorder: this.#recorder, clock: this.#clock };
    const saver = new Saver({
      ...parts,
      folder: at,
      ranks: rankNodes(this.#file, nodes),
      onLooked: (seen) => this.#attempt?.observe(seen),
    });
    const onSaved = (point: SavedPoint) => saver.add(point);
    const shortest = this.#options.hangMs ?? hangMs;
    this.#attempt = new Attempt({
      ...parts,
      folder,
      file: this.#file,
      nodes,
      recorded,
      paceMs,
      hangMs: shortest,
      onSaved,
      examine: this.#options.examine,
    });
    if (recorded.state === "starting") await this.#recorder.enter("starting");
    const end = await this.#keeper.unlessLost(this.#attempt.run());
    await saver.finish(sealMs);
    if (end.verdict.state !== "failed") await saver.addUnfinished(end.logs.unfinished(this.#clock.now()));
    return { end: withProblem(await this.#attempt.examineRest(end), saver.lastProblem), nodes };
  }

  /** Ends what is left of the attempt on all nodes; only then anything is written about its end. */
  async #closeAttempt(end: AttemptEnd, nodes: readonly RunNode[]): Promise<void> {
    const recorder = this.#recorder as Recorder;
    await recorder.requireLease();
    const survivors = (await Promise.all(nodes.map((node) => node.end({ graceMs: 0 }).catch(() => [])))).flat();
    const events: RunEvent[] = [];
    const base = { time: this.#clock.now(), attempt: this.#file.attempt };
    const { fault } = end.verdict;
    if (fault) {
      const { message, rank, exitCode, signal } = fault;
      const logTail = await this.#logTail(rank, nodes);
      const cause = await findCause(nodes, { attempt: this.#file.attempt, named: rank }).catch(() => undefined);
      const more = {
        ...(rank !== undefined && { rank }),
        ...(exitCode !== undefined && { exitCode }),
        ...(signal && { signal }),
        ...(cause && { cause }),
      };
      events.push({ kind: "fault", ...base, message, ...more, logTail });
    }
    if (survivors.length > 0) {
      const text = `processes that could not be killed: ${survivors.map(({ pid }) => pid).join(", ")}`;
      events.push({ kind: "note", ...base, text });
    }
    await recorder.record(events);
    for (const node of nodes) await node.close();
  }

  /** Last lines of a worker's log, of msrun's own for `undefined`. */
  async #logTail(rank: number | undefined, nodes: readonly RunNode[]): Promise<string[]> {
    const { attempt, commands, localNode } = this.#file;
    const own = commands[localNode]?.nodeRank ?? 0;
    const nodeRank = rank === undefined ? own : (nodeOfRank(this.#file, rank) ?? own);
    const node = nodes.find((each) => each.nodeRank === nodeRank);
    if (node === undefined) return [];
    const logs = runPaths("").logs(attempt, nodeRank);
    const path = rank === undefined ? `${logs}/msrun.log` : `${logs}/worker_${rank}.log`;
    return tailOf(node, path, faultLines).catch(() => []);
  }

  async #endRun({ state, message }: Verdict): Promise<Verdict> {
    const recorder = this.#recorder as Recorder;
    await recorder.enter(state, { message });
    await recorder.close();
    this.#recorder = undefined;
    this.#keeper.end();
    await this.#options.copy?.finish();
    await this.#options.lease.release();
    return { state, message };
  }

  /** The next attempt: its description is the run's from now on. */
  async #begin(file: RunFile): Promise<void> {
    await this.#recorder?.requireLease();
    await writeRunFile(this.#options.place.at, file);
    this.#file = file;
  }

  async #giveUp(error: unknown): Promise<Verdict> {
    console.error(error);
    const reason = error instanceof Error ? error.message : String(error);
    const message = isLabError(error) && error.code.startsWith("NODE_") ? reason : `the supervisor failed: ${reason}`;
    const verdict: Verdict = { state: "failed", message, fault: { message } };
    const { place, lease } = this.#options;
    this.#recorder ??= await Recorder.open(place.at, lease, { attempt: this.#file.attempt, clock: this.#clock });
    await this.#recorder.requireLease();
    await this.#endAll();
    const base = { time: this.#clock.now(), attempt: this.#file.attempt };
    await this.#recorder.record([{ kind: "fault", ...base, message, logTail: [] }]);
    return this.#endRun(verdict);
  }

  /** Nothing that the engine writes could be kept, and nothing can be recorded. */
  async #endUnrecorded({ message }: FolderGone): Promise<Verdict> {
    await this.#endAll();
    return { state: "failed", message };
  }

  async #endAll(): Promise<void> {
    for (const node of this.#options.nodes(this.#file, () => this.#options.place.folder)) {
      await node.end({ graceMs: 0 }).catch(() => []);
      await node.release?.().catch(() => undefined);
    }
  }
}

/** The end of a training that did not fail says so if its last checkpoint is of no use. */
function withProblem(end: AttemptEnd, problem: string | undefined): AttemptEnd {
  const { verdict } = end;
  if (problem === undefined || verdict.state === "failed") return end;
  return { ...end, verdict: { ...verdict, message: `${verdict.message}, but ${problem}` } };
}

/** Node that a rank runs on, by the commands. */
function nodeOfRank(file: RunFile, rank: number): number | undefined {
  const perNode = (file.worldSize ?? 0) / file.commands.length;
  return perNode > 0 ? Math.floor(rank / perNode) : undefined;
}

/** What the record says of the newest attempt: empty for a new one. */
async function readRecorded(
  folder: () => string,
  file: RunFile,
): Promise<Recorded & { readonly state: Recorder["state"] }> {
  const reader = new RecordReader(folder, file.layout);
  await reader.read();
  const steps = await reader.steps();
  const { history } = reader;
  const same = history.attempt === file.attempt;
  const hasStep = (step: number) => {
    const found = steps.at(steps.indexOf(step));
    return found?.step === step && found.attempt === file.attempt;
  };
  const hasCheckpoint = ({ fileEpoch, fileStep }: SavedPoint) =>
    history.checkpoints.some(
      (one) => one.attempt === file.attempt && one.fileEpoch === fileEpoch && one.fileStep === fileStep,
    );
  return { hasStep, hasCheckpoint, state: (same && history.state?.state) || "starting" };
}
