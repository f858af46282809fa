import { mkdir, open } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Clock, systemClock } from "../../../core/clock.js";
import { LabError } from "../../../core/error.js";
import { writeFileAtomic } from "../../../core/files.js";
import { isRunning, type ProcessIdentity, processIdentity } from "../../../core/liveness/process-identity.js";
import { sendSignal, startProgram } from "../../../core/process.js";
import type { BusyLooks } from "../../../recover/detect/busy-shares.js";
import { listFiles } from "../glob.js";
import type {
  FileRange,
  FollowedLines,
  FollowRequest,
  NodeEnd,
  NodeFile,
  NodeMetrics,
  NodeProcess,
  NodeSign,
  NodeStart,
  NodeState,
  NodeTarget,
  RunNode,
} from "../node.js";
import { followFiles } from "./follow-files.js";
import { LocalBusy } from "./local-busy.js";
import { localMetrics } from "./local-metrics.js";
import { LocalProcesses } from "./local-processes.js";
import { readStack } from "./local-stack.js";
import { readStartMark, takeStartMark, writeStartMark } from "./local-start.js";

const mostBytes = 1 << 20;

export interface LocalNodeOptions {
  readonly name: string;
  readonly nodeRank: number;
  /** Absolute path of the run folder, which may be renamed. */
  readonly folder: () => string;
  /** Variable that every process of the run has in its environment, and its value. */
  readonly marker: readonly [key: string, value: string];
  readonly clock?: Clock;
  /** Milliseconds between two looks at logs and processes, default 200. */
  readonly paceMs?: number;
}

/** This machine as a node of a run. */
export class LocalNode implements RunNode {
  readonly name: string;
  readonly nodeRank: number;
  readonly #clock: Clock;
  readonly #paceMs: number;
  readonly #processes: LocalProcesses;
  readonly #workers: LocalBusy;
  readonly #listeners = new Set<(sign: NodeSign) => void>();
  readonly #place: () => string;
  #attempt: number | undefined;
  #launcher: ProcessIdentity | undefined;
  #end: NodeEnd | undefined;
  readonly #closed = new AbortController();

  constructor({ name, nodeRank, folder, marker, clock = systemClock, paceMs = 200 }: LocalNodeOptions) {
    this.name = name;
    this.nodeRank = nodeRank;
    this.#place = folder;
    this.#clock = clock;
    this.#paceMs = paceMs;
    this.#processes = new LocalProcesses(marker);
    this.#workers = new LocalBusy(() => this.processes(), clock, this.#closed.signal);
  }

  get folder(): string {
    return this.#place();
  }

  get state(): NodeState {
    return {
      reachable: true,
      silentMs: 0,
      clockOffsetMs: 0,
      ...(this.#attempt !== undefined && { attempt: this.#attempt }),
      ...(this.#launcher && { launcher: this.#launcher }),
      ...(this.#end && { end: this.#end }),
    };
  }

  async start(start: NodeStart): Promise<ProcessIdentity> {
    const running = await this.#running(start.attempt);
    if (running) return running;
    for (const { path, text } of start.files) await this.write(path, text);
    await takeStartMark(this.folder, this.nodeRank, start.attempt);
    const launcher = await this.#spawn(start);
    await writeStartMark(this.folder, this.nodeRank, { attempt: start.attempt, launcher });
    this.#tell({ kind: "started", attempt: start.attempt, launcher });
    return launcher;
  }

  /**
   * The launcher of this attempt if it was started before, also if it has ended. What an older attempt left is ended
   * first.
   */
  async #running(attempt: number): Promise<ProcessIdentity | undefined> {
    const found = await this.processes();
    const newer = found.find((process) => (process.attempt ?? 0) > attempt);
    if (newer)
      throw this.#busy(`attempt ${newer.attempt} runs here (process ${newer.pid}), so attempt ${attempt} can't start`);
    const mark = await readStartMark(this.folder, this.nodeRank, attempt);
    const launcher =
      found.find((process) => process.role === "launcher" && process.attempt === attempt) ?? mark?.launcher;
    if (launcher) {
      this.#adopt(attempt, launcher);
      return launcher;
    }
    if (found.length > 0 && (await this.end({ graceMs: 0 })).length > 0)
      throw this.#busy(`processes of an older attempt survive: ${found.map(({ pid }) => pid).join(", ")}`);
    return undefined;
  }

  #busy(found: string): LabError {
    return new LabError("NODE_BUSY", `node ${this.name}: ${found}`, {
      hint: "await run.stop()",
      details: { node: this.name },
    });
  }

  async #spawn({ attempt, command }: NodeStart): Promise<ProcessIdentity> {
    const logs = command.argv.find((word) => word.startsWith("--log_dir="))?.slice("--log_dir=".length) ?? this.folder;
    await mkdir(logs, { recursive: true });
    const output = await open(join(logs, "msrun.log"), "a");
    try {
      const program = await startProgram({
        argv: command.argv,
        environment: { ...command.environment, [this.#processes.key]: this.#processes.value },
        cwd: this.folder,
        outputTo: output.fd,
      });
      const launcher = processIdentity(program.pid) ?? { pid: program.pid, host: "", place: "" };
      this.#attempt = attempt;
      this.#launcher = launcher;
      this.#end = undefined;
      void program.end.then((end) => this.#ended({ attempt, time: this.#clock.now(), ...end }));
      return launcher;
    } finally {
      await output.close();
    }
  }

  /** Another process started the launcher: its end shows in the process table only. */
  #adopt(attempt: number, launcher: ProcessIdentity): void {
    this.#attempt = attempt;
    this.#launcher = launcher;
    const watch = async () => {
      while (isRunning(launcher) && !this.#closed.signal.aborted)
        await this.#clock.wait(this.#paceMs, this.#closed.signal);
      if (!this.#closed.signal.aborted)
        this.#ended({ attempt, time: this.#clock.now(), exitCode: undefined, signal: undefined });
    };
    void watch();
  }

  #ended(end: NodeEnd): void {
    if (this.#attempt !== end.attempt) return;
    this.#end = end;
    this.#tell({ kind: "ended", end });
  }

  #tell(sign: NodeSign): void {
    for (const listener of this.#listeners) listener(sign);
  }

  watch(listener: (sign: NodeSign) => void): () => void {
    this.#listeners.add(listener);
    listener({ kind: "state", state: this.state });
    return () => void this.#listeners.delete(listener);
  }

  processes(): Promise<readonly NodeProcess[]> {
    return this.#processes.find();
  }

  async signal(target: NodeTarget, name: NodeJS.Signals): Promise<number> {
    if (typeof target === "object" && "pid" in target) return isRunning(target) && sendSignal(target.pid, name) ? 1 : 0;
    const chosen = (await this.processes()).filter(({ role, rank }) =>
      target === "engine"
        ? true
        : typeof target === "object"
          ? role === "worker" && rank === target.rank
          : role === target,
    );
    return chosen.filter(({ pid }) => sendSignal(pid, name)).length;
  }

  async end({ graceMs }: { readonly graceMs: number }): Promise<readonly NodeProcess[]> {
    const interrupted = graceMs > 0 && (await this.signal("launcher", "SIGINT")) > 0;
    const began = this.#clock.elapsed();
    const killAt = interrupted ? graceMs : 0;
    for (;;) {
      const left = await this.processes();
      const spent = this.#clock.elapsed() - began;
      if (left.length === 0 || spent > killAt + 10_000) return left;
      if (spent >= killAt) for (const { pid } of left) sendSignal(pid, "SIGKILL");
      await this.#clock.wait(50);
    }
  }

  async read(path: string, { offset, length }: FileRange): Promise<Uint8Array | undefined> {
    const file = await open(resolve(this.folder, path), "r").catch(() => undefined);
    if (!file) return undefined;
    try {
      const buffer = Buffer.alloc(Math.min(length, mostBytes));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async write(path: string, text: string): Promise<void> {
    const whole = resolve(this.folder, path);
    const present = await this.read(path, { offset: 0, length: mostBytes });
    if (present && Buffer.from(text).equals(present)) return;
    await mkdir(dirname(whole), { recursive: true });
    await writeFileAtomic(whole, text);
  }

  list(pattern: string): Promise<readonly NodeFile[]> {
    return listFiles(this.folder, pattern);
  }

  follow(request: FollowRequest): AsyncIterable<readonly FollowedLines[]> {
    return followFiles(this.#place, request, { clock: this.#clock, paceMs: this.#paceMs });
  }

  async stack(rank: number): Promise<string> {
    const worker = (await this.processes()).find((process) => process.role === "worker" && process.rank === rank);
    return worker ? readStack(worker, this.folder) : `rank ${rank}: no process of it lives on ${this.name}`;
  }

  async metrics(): Promise<NodeMetrics> {
    return localMetrics(this.folder, await this.#processes.usage(), this.#clock);
  }

  busy(): Promise<readonly BusyLooks[]> {
    return this.#workers.looks();
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }
}
