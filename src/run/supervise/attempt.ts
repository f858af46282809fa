import type { Clock } from "../../core/clock.js";
import { isLabError } from "../../core/error.js";
import type { Observation } from "../../recover/detect/observation.js";
import type { NodeEnd, NodeSign, RunNode } from "../nodes/node.js";
import { rankNodes, worstEnd } from "../nodes/open/attempt-ranks.js";
import type { StepRecord } from "../record/events.js";
import { launcherOption } from "../record/node-command.js";
import type { RunFile } from "../record/run-file.js";
import { type AttemptEnd, failedBy, type Trouble, withDisk, withMemory } from "./attempt-end.js";
import { HangWatch } from "./hang-watch.js";
import { AttemptLogs, type LogPortion, type SavedPoint } from "./observe/attempt-logs.js";
import { catchUp, followNode } from "./observe/follow.js";
import { LastWords } from "./observe/last-words.js";
import { MemoryKills } from "./observe/memory-kills.js";
import { type LostNode, NodeWatch } from "./observe/node-watch.js";
import { type GoneProcess, ProcessWatch } from "./observe/process-watch.js";
import { QuietWatch } from "./observe/quiet-watch.js";
import { judge } from "./observe/verdict.js";
import type { Recorder } from "./recorder.js";
import { startNodes } from "./start-nodes.js";
import { Stopping } from "./stopping.js";

/** How long msrun may take to end after every worker has finished. */
const lingerMs = 60_000;
/** Milliseconds between two looks at the processes. */
const processesMs = 2000;
/** After so many milliseconds the looks at requests and ends become fewer, by this factor. */
const [eagerMs, calm] = [20_000, 2.5];
/** While the engine starts on a few nodes. */
const [startingMs, fewNodes] = [250, 8];

/** What the record holds already, when a successor continues an attempt. */
export interface Recorded {
  hasStep(step: number): boolean;
  hasCheckpoint(point: SavedPoint): boolean;
}

export interface AttemptParts {
  readonly file: RunFile;
  /** The run folder, which may be renamed. */
  readonly folder: () => string;
  /** The nodes whose processes this supervisor starts and watches. */
  readonly nodes: readonly RunNode[];
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly recorded: Recorded;
  /** Milliseconds between two looks at requests and ends in the beginning. */
  readonly paceMs: number;
  /** Shortest silence that counts as a hang, in milliseconds. */
  readonly hangMs: number;
  /**
   * Called with what the logs and files of the attempt show. Returns what is wrong if the attempt must be ended for
   * it.
   */
  readonly examine?: Examine | undefined;
  /** Called when all ranks say that they have saved; looks at the files and records the checkpoint. */
  onSaved(point: SavedPoint): void;
}

/** Looks at what a running attempt shows. */
export type Examine = (
  seen: {
    readonly steps: readonly StepRecord[];
    /** All else: checkpoints, errors of devices, free disk, time that goes by. */
    readonly observed: readonly Observation[];
  },
  recorder: Recorder,
) => Promise<Trouble | undefined>;

/**
 * One engine start on all nodes, from its first process to its last: started, or taken over from a supervisor that
 * died.
 */
export class Attempt {
  readonly #parts: AttemptParts;
  readonly #ranks: ReadonlyMap<number, RunNode>;
  readonly #logs: AttemptLogs;
  readonly #stopping: Stopping;
  readonly #hang: HangWatch;
  readonly #watch: NodeWatch;
  readonly #quiet: QuietWatch;
  readonly #ends = new Map<string, NodeEnd>();
  readonly #lastWords: LastWords;
  readonly #followed = new AbortController();
  readonly processes: ProcessWatch;
  #gone: GoneProcess | undefined;
  /** What the start waits for, until it is recorded. */
  #waits: string | undefined;
  #lost: LostNode | undefined;
  #overSince: number | undefined;
  #processesAt = Number.NEGATIVE_INFINITY;
  #failure: unknown;
  /** What others have seen since the last look. */
  readonly #observed: Observation[] = [];
  /** What is wrong with the training although its processes live. */
  #trouble: Trouble | undefined;
  /** The same, found in what was read after the last process had ended. */
  #lateTrouble: Trouble | undefined;

  constructor(parts: AttemptParts) {
    const { file, nodes, folder, clock, hangMs } = parts;
    this.#parts = parts;
    this.#ranks = rankNodes(file, nodes);
    this.#logs = new AttemptLogs({ attempt: file.attempt, expected: [...this.#ranks.keys()], lossRank: file.lossRank });
    this.#stopping = new Stopping(folder, nodes, clock);
    this.processes = new ProcessWatch(nodes);
    this.#watch = new NodeWatch(nodes, clock);
    const findSlow = parts.examine !== undefined;
    this.#quiet = new QuietWatch({ nodes, logs: this.#logs, clock, ranks: this.#ranks, findSlow });
    this.#lastWords = new LastWords(file.commands);
    this.#hang = new HangWatch({ ranks: this.#ranks, logs: this.#logs, processes: this.processes, clock, hangMs });
  }

  /** Starts the engine, or finds it running, and stays until nothing of it is left. Throws RUN_LEASE_LOST. */
  async run(): Promise<AttemptEnd> {
    const { nodes, recorder, clock, paceMs } = this.#parts;
    const unwatch = nodes.map((node) => node.watch((sign) => this.#hear(node, sign)));
    try {
      await this.#start();
      const kills = new MemoryKills(nodes);
      const following = nodes.map((node) => this.#follow(node));
      const calmAt = clock.elapsed() + eagerMs;
      while (!this.#done()) {
        await clock.wait(clock.elapsed() < calmAt ? paceMs : paceMs * calm);
        await this.#look();
      }
      this.#followed.abort();
      await Promise.all(following);
      await this.#readRest();
      await recorder.requireLease();
      return this.#troubled
        ? this.#end()
        : await withMemory(await withDisk(this.#end(), nodes), { kills, nodes, ranks: this.#ranks });
    } finally {
      this.#followed.abort();
      this.#watch.close();
      for (const end of unwatch) end();
    }
  }

  /** Takes what others have seen, such as the files of a checkpoint; the next look judges it. */
  observe(seen: Observation): void {
    this.#observed.push(seen);
  }

  /** Hands over what was seen after the last look; an attempt that finished may have failed by it. */
  async examineRest(end: AttemptEnd): Promise<AttemptEnd> {
    const observed = this.#observed.splice(0);
    if (observed.length === 0) return end;
    const trouble = await this.#parts.examine?.({ steps: [], observed }, this.#parts.recorder);
    return trouble && end.verdict.state === "finished" ? { ...end, verdict: failedBy(trouble) } : end;
  }

  #hear(node: RunNode, sign: NodeSign): void {
    if (sign.kind === "ended") this.#ended(node, sign.end);
    if (sign.kind === "waiting") this.#waits = sign.reason;
  }

  #ended(node: RunNode, end: NodeEnd): void {
    if (end.attempt === this.#parts.file.attempt) this.#ends.set(node.name, end);
  }

  async #start(): Promise<void> {
    const { file, nodes, recorder, folder } = this.#parts;
    const launcher = await startNodes(nodes, { file, folder: folder() });
    for (const node of nodes) if (node.state.end) this.#ended(node, node.state.end);
    const more = nodes.length > 1 ? { message: `started on ${nodes.length} nodes` } : {};
    if (recorder.state === "starting") await recorder.enter("starting", { ...(launcher && { launcher }), ...more });
  }

  async #follow(node: RunNode): Promise<void> {
    const patterns = [this.#pattern(node)];
    const offsets = this.#logs.offsets;
    await followNode(node, { patterns, from: { ...offsets }, signal: this.#followed.signal }, (portions) =>
      this.#accept(portions),
    ).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  #pattern(node: RunNode): string {
    return `logs/attempt-${this.#parts.file.attempt}/node-${node.nodeRank}/*.log`;
  }

  async #accept(portions: readonly LogPortion[]): Promise<void> {
    const { clock, recorder, recorded, onSaved } = this.#parts;
    for (const portion of portions) {
      const found = this.#logs.accept(portion, clock.now(), clock.elapsed());
      const steps = found.steps.filter(({ record }) => !recorded.hasStep(record.step));
      if (this.#logs.spoken && recorder.state === "starting") await recorder.enter("preparing");
      if (found.steps.length > 0 && recorder.state === "preparing") await recorder.enter("training");
      await recorder.record(found.notes, { steps });
      if (this.#logs.troubled) await this.processes.keepMissing();
      for (const point of found.saved) if (!recorded.hasCheckpoint(point)) onSaved(point);
      if (steps.length + found.observed.length === 0) continue;
      const observed = found.observed.map((each) => ({ ...each, node: this.#ranks.get(each.rank ?? -1)?.name }));
      const seen = { steps: steps.map(({ record }) => record), observed };
      const trouble = await this.#parts.examine?.(seen, recorder);
      if (this.#followed.signal.aborted) this.#lateTrouble ??= trouble;
      else this.#trouble ??= trouble;
    }
  }

  #done(): boolean {
    const { clock, nodes } = this.#parts;
    const allEnded = this.#ends.size === nodes.length;
    if (!this.#over()) return false;
    return allEnded || !this.#lastWords.wait(this.#logs.ranks, this.#lacksCause, clock.elapsed());
  }

  get #lacksCause(): boolean {
    const known = this.#gone ?? this.#lost ?? this.#portTaken ?? this.#hang.silence;
    const isFault = this.#stopping.stage === "no" && !this.#logs.over && !this.#troubled;
    return isFault && known === undefined && this.#parts.nodes.length > 1 && this.#logs.lacksCause;
  }

  #over(): boolean {
    const { clock, nodes } = this.#parts;
    const lingering = this.#overSince !== undefined && clock.elapsed() > this.#overSince + lingerMs;
    const failed = [...this.#ends.values()].some(
      ({ exitCode, signal }) => signal !== undefined || (exitCode ?? 0) !== 0,
    );
    const ended = this.#ends.size === nodes.length || failed;
    const fault = this.#logs.finding ?? this.#portTaken ?? this.#gone ?? this.#lost;
    return ended || lingering || fault !== undefined || this.#hang.isOver || this.#troubled;
  }

  get #troubled(): boolean {
    return this.#trouble !== undefined && this.#stopping.stage === "no";
  }

  /** The cluster's port, if another process listens on it; before the first step only. */
  get #portTaken(): number | undefined {
    const [command] = this.#parts.file.commands;
    if (this.#logs.portTaken === undefined || this.#logs.lastStep > 0 || !command) return undefined;
    return Number(launcherOption(command, "master_port"));
  }

  /** Until every worker has been seen: a process that dies before anybody has seen it is missed by nobody. */
  get #lookEvery(): number {
    const all = this.processes.ranks.size >= this.#ranks.size;
    return all || this.#parts.nodes.length > fewNodes ? processesMs : startingMs;
  }

  async #look(): Promise<void> {
    const { clock, recorder } = this.#parts;
    if (this.#failure !== undefined) throw this.#failure;
    const now = clock.elapsed();
    if (this.#logs.over) this.#overSince ??= now;
    if (now >= this.#processesAt + this.#lookEvery) {
      this.#processesAt = now;
      const gone = await this.processes.look();
      if (gone && this.#stopping.stage === "no" && !this.#logs.ending) this.#gone = gone;
    }
    const waits = this.#waits;
    this.#waits = undefined;
    if (waits !== undefined && recorder.state === "starting") await recorder.enter("starting", { message: waits });
    for (const change of this.#watch.changes()) await recorder.note(change);
    if (this.#stopping.stage === "no") this.#lost = this.#watch.look(this.#logs.lastStep);
    const guard = () => recorder.requireLease();
    if ((await this.#stopping.obey(guard)) && recorder.state !== "stopping") await recorder.enter("stopping");
    const observed = [...this.#quiet.look(), ...this.#observed.splice(0)];
    if (observed.length > 0) this.#trouble ??= await this.#parts.examine?.({ steps: [], observed }, recorder);
    if (recorder.state === "training") await this.#hang.look(recorder, this.#parts.folder());
  }

  /** What was written after the followers had looked for the last time. */
  async #readRest(): Promise<void> {
    for (const node of this.#parts.nodes)
      await catchUp(node, { pattern: this.#pattern(node), offsets: this.#logs.offsets }, (portions) =>
        this.#accept(portions),
      ).catch((error: unknown) => {
        if (!isLabError(error) || error.code !== "NODE_UNREACHABLE") throw error;
      });
  }

  #end(): AttemptEnd {
    const { file } = this.#parts;
    const launcherEnd = worstEnd([...this.#ends.values()]);
    const judged = judge({
      stopped: this.#stopping.stage,
      over: this.#logs.over,
      launcherEnd,
      finding: this.#logs.finding,
      ranks: this.#logs.ranks,
      rankOfProcess: this.processes.ranks,
      lastStep: this.#logs.lastStep,
      totalSteps: file.totalSteps ?? this.#logs.totalSteps,
      leftOut: file.dataOffset,
      ...{ gone: this.#gone, missing: this.processes.missing },
      ...{ portTaken: this.#portTaken, silence: this.#hang.silence },
      lost: this.#lost,
    });
    // Fast last steps are read after the end. Of an attempt that failed, its end says more.
    const trouble = this.#troubled ? this.#trouble : judged.state === "finished" ? this.#lateTrouble : undefined;
    const verdict = trouble ? failedBy(trouble) : judged;
    const found = { silence: this.#hang.silence, lost: this.#lost, gone: this.#gone };
    return { verdict, logs: this.#logs, ...found, ends: this.#ends, outOfMemory: false };
  }
}
