import { EventLogWriter } from "../../core/event-log.js";
import { FileTail } from "../../core/lines.js";
import { type Program, type ProgramEnd, sendSignal } from "../../core/process.js";
import { processIdentity } from "../../core/process-identity.js";
import type { NodeCommand } from "../../plan/command/command.js";
import type { RecordedState, RunEvent, StateEvent } from "../record/events.js";
import { runPaths, signOfLifeMs } from "../record/layout.js";
import { ranksOf } from "../record/node-command.js";
import type { RunFile } from "../record/run-file.js";
import { AttemptLogs } from "./attempt-logs.js";
import { engineProcesses, killEngine, startLauncher, workerRanks } from "./engine.js";
import { nextStopAction, readStopRequest, type StopProgress, writeGracefulExit } from "./stop-request.js";
import { judge, type LauncherFinding, parseLauncherFinding, type Verdict } from "./verdict.js";

/** Lines of a failed rank's log that go into the record. */
const faultLines = 40;
/** How long msrun may take to end after every worker has finished. */
const lingerMs = 60_000;

export interface SupervisorOptions {
  readonly folder: string;
  readonly file: RunFile;
  /** Milliseconds between two looks at logs and requests. */
  readonly pollMs?: number;
}

/** Watches one attempt of a run from its start to its end and writes down what happens. It is the only writer of events.jsonl. */
export class Supervisor {
  readonly #folder: string;
  readonly #file: RunFile;
  readonly #attempt: number;
  readonly #command: NodeCommand;
  readonly #pollMs: number;
  readonly #logs: AttemptLogs;
  readonly #launcherLog: FileTail;
  readonly #ranks = new Map<number, number>();
  #events!: EventLogWriter;
  #launcher!: Program;
  #launcherEnd: ProgramEnd | undefined;
  #finding: LauncherFinding | undefined;
  #state: RecordedState = "starting";
  #stop: StopProgress = {};
  #overSince: number | undefined;
  #touchedAt = 0;
  readonly #unwritten: RunEvent[] = [];

  constructor(options: SupervisorOptions) {
    const { folder, file } = options;
    const paths = runPaths(folder);
    this.#folder = folder;
    this.#file = file;
    this.#attempt = file.attempt;
    this.#command = file.commands[file.localNode] as NodeCommand;
    this.#pollMs = options.pollMs ?? 200;
    this.#launcherLog = new FileTail(paths.launcherLog(file.attempt));
    this.#logs = new AttemptLogs({
      folder: paths.logs(file.attempt),
      attempt: file.attempt,
      expected: ranksOf(this.#command),
      lossRank: file.lossRank,
    });
  }

  /** Starts the engine and stays until nothing of it is left. */
  async run(): Promise<Verdict> {
    const self = processIdentity(process.pid);
    this.#events = await EventLogWriter.open(runPaths(this.#folder).events);
    await this.#enter("starting", self ? { supervisor: self } : {});
    const verdict = await this.#superviseEngine().catch((error: unknown): Verdict => {
      const message = `the supervisor failed: ${error instanceof Error ? error.message : String(error)}`;
      return { state: "failed", message, fault: { message } };
    });
    await this.#finish(verdict);
    await this.#events.close();
    return verdict;
  }

  async #superviseEngine(): Promise<Verdict> {
    this.#launcher = await startLauncher(this.#folder, this.#file);
    void this.#launcher.end.then((end) => {
      this.#launcherEnd = end;
    });
    const self = processIdentity(process.pid);
    const launcher = processIdentity(this.#launcher.pid);
    await this.#enter("starting", { ...(self && { supervisor: self }), ...(launcher && { launcher }) });
    while (!this.#done()) {
      await new Promise((resolve) => setTimeout(resolve, this.#pollMs));
      await this.#look();
    }
    await this.#look();
    return judge({
      stopped:
        this.#stop.interruptedAt !== undefined ? "interrupted" : this.#stop.askedAt !== undefined ? "asked" : "no",
      over: this.#logs.over,
      launcherEnd: this.#launcherEnd,
      finding: this.#finding,
      ranks: this.#logs.ranks,
      rankOfPid: this.#ranks,
      lastStep: this.#logs.lastStep,
      totalSteps: this.#file.totalSteps ?? this.#logs.totalSteps,
    });
  }

  #done(): boolean {
    const lingering = this.#overSince !== undefined && Date.now() > this.#overSince + lingerMs;
    return this.#launcherEnd !== undefined || this.#finding !== undefined || lingering;
  }

  async #look(): Promise<void> {
    const now = Date.now();
    const events = await this.#logs.read(now);
    const trained = events.some((event) => event.kind === "step");
    if (this.#logs.spoken && this.#state === "starting") await this.#enter("preparing");
    if (trained && this.#state === "preparing") await this.#enter("training");
    await this.#record(events);
    if (this.#logs.over) this.#overSince ??= now;
    for (const line of await this.#launcherLog.read()) this.#finding ??= parseLauncherFinding(line);
    if (now > this.#touchedAt + signOfLifeMs) {
      this.#touchedAt = now;
      await this.#events.touch().catch(() => undefined);
    }
    await this.#learnRanks();
    await this.#obey(now);
  }

  /** Process ids can only be connected with ranks while the processes live. */
  async #learnRanks(): Promise<void> {
    if (this.#ranks.size >= ranksOf(this.#command).length) return;
    for (const [pid, rank] of workerRanks(await engineProcesses(this.#folder))) this.#ranks.set(pid, rank);
  }

  async #obey(now: number): Promise<void> {
    const request = await readStopRequest(this.#folder).catch(() => undefined);
    if (!request) return;
    if (this.#state !== "stopping") await this.#enter("stopping");
    const action = nextStopAction(request, this.#stop, now);
    if (action === "ask") {
      await writeGracefulExit(this.#folder, true);
      this.#stop = { ...this.#stop, askedAt: now };
    } else if (action === "interrupt") {
      sendSignal(this.#launcher.pid, "SIGINT");
      this.#stop = { ...this.#stop, interruptedAt: now };
    } else if (action === "kill") {
      await killEngine(this.#folder);
      this.#stop = { ...this.#stop, killedAt: now };
    }
  }

  /** Nothing of the run may live on; only then is the end written down. */
  async #finish(verdict: Verdict): Promise<void> {
    const left = await killEngine(this.#folder);
    const time = Date.now();
    const events: RunEvent[] = [];
    if (verdict.fault) {
      const logTail = await this.#logs.tail(verdict.fault.rank, faultLines);
      events.push({ kind: "fault", time, attempt: this.#attempt, ...verdict.fault, logTail });
    }
    if (left.length > 0) {
      const text = `processes that could not be killed: ${left.map(({ pid }) => pid).join(", ")}`;
      events.push({ kind: "note", time, attempt: this.#attempt, text });
    }
    await this.#record(events);
    await this.#enter(verdict.state, { message: verdict.message });
    for (let tries = 0; this.#unwritten.length > 0 && tries < 30; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await this.#record([], { durable: true });
    }
  }

  /** Writes events down; what can't be written (disk full) is kept and tried again, for that is no reason to end a training. */
  async #record(events: readonly RunEvent[], options: { readonly durable?: boolean } = {}): Promise<void> {
    this.#unwritten.push(...events);
    const waiting = [...this.#unwritten];
    try {
      await this.#events.append(waiting, options);
      this.#unwritten.splice(0, waiting.length);
    } catch (error) {
      console.error("events could not be written:", error);
    }
  }

  #enter(state: RecordedState, more: Partial<StateEvent> = {}): Promise<void> {
    this.#state = state;
    const event: StateEvent = { kind: "state", time: Date.now(), attempt: this.#attempt, state, ...more };
    return this.#record([event], { durable: true });
  }
}
