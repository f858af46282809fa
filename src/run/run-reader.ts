import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { EventLogReader } from "../core/event-log.js";
import { lifeOf } from "../core/process-identity.js";
import type { NodeCommand } from "../plan/command/command.js";
import { isTerminal } from "./record/events.js";
import { RunHistory } from "./record/history.js";
import { runPaths, signOfLifeMs } from "./record/layout.js";
import { ranksOf } from "./record/node-command.js";
import { type RunFile, readRunFile } from "./record/run-file.js";
import { deriveStatus, type RunStatus } from "./status.js";
import { AttemptLogs } from "./supervise/attempt-logs.js";
import { engineProcesses } from "./supervise/engine.js";

/** Reads a run's folder, each line once. Any number of readers may look at the same folder. */
export class RunReader {
  readonly folder: string;
  readonly history = new RunHistory();
  file: RunFile;
  readonly #events: EventLogReader;
  #logs: AttemptLogs | undefined;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(folder: string, file: RunFile) {
    this.folder = folder;
    this.file = file;
    this.#events = new EventLogReader(runPaths(folder).events);
  }

  /** Takes in what was written since the last call and says where the run stands. */
  status(): Promise<RunStatus> {
    const next = this.#reading.then(() => this.#status());
    this.#reading = next.catch(() => undefined);
    return next;
  }

  async #status(): Promise<RunStatus> {
    this.file = (await readRunFile(this.folder)) ?? this.file;
    const supervisorAlive = await this.#readEvents();
    const orphaned = !supervisorAlive && this.history.start !== undefined && !isTerminal(this.history.state?.state);
    if (orphaned) await this.#readLogs();
    const processes = (await engineProcesses(this.folder)).length;
    const over = this.#logs?.over ?? false;
    return deriveStatus(this.file, this.history, { supervisorAlive, processes, over, now: Date.now() });
  }

  /**
   * Reads the events and tells whether the supervisor lives. Between the reading and the look at its process it may have written its end,
   * or its name: a supervisor that has just told its name has not been looked at yet.
   */
  async #readEvents(): Promise<boolean> {
    this.history.add(await this.#events.read());
    for (;;) {
      if (await this.#supervised()) return true;
      const { start } = this.history;
      this.history.add(await this.#events.read());
      if (this.history.start === start) return false;
    }
  }

  /** True if the run is supervised on another machine (which shares the folder): nothing can be said about its processes here. */
  get elsewhere(): boolean {
    return this.file.host !== hostname();
  }

  async #supervised(): Promise<boolean> {
    const supervisor = this.history.attempt === this.file.attempt ? this.history.start?.supervisor : undefined;
    if (supervisor === undefined && !this.elsewhere) return false;
    const lastSign = (await stat(runPaths(this.folder).events).catch(() => undefined))?.mtimeMs ?? 0;
    const life = supervisor && !this.elsewhere ? lifeOf(supervisor, lastSign) : "unknown";
    return life === "unknown" ? Date.now() < lastSign + 6 * signOfLifeMs : life === "alive";
  }

  /** Nobody writes events any more: the engine's own logs are the next best source. */
  async #readLogs(): Promise<void> {
    this.#logs ??= new AttemptLogs({
      folder: runPaths(this.folder).logs(this.file.attempt),
      attempt: this.file.attempt,
      expected: ranksOf(this.file.commands[this.file.localNode] as NodeCommand),
      lossRank: this.file.lossRank,
    });
    const events = await this.#logs.read(Date.now());
    this.history.add(events.map((event) => ({ ...event })));
  }
}
