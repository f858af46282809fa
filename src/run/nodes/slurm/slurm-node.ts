import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessIdentity } from "../../../core/liveness/process-identity.js";
import type { BusyLooks } from "../../../recover/detect/busy-shares.js";
import { LocalNode } from "../local/local-node.js";
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
import type { RemoteNode } from "../remote-node.js";
import { type RecordedAttempt, stateChanges } from "../remote-state.js";
import { endReason, hasEnded, type JobState, waitingWords } from "./job-state.js";
import type { SlurmRun } from "./slurm-run.js";

/** Stands for the launcher of a job that waits. */
const notYet: ProcessIdentity = { pid: 0, host: "", place: "" };
const lookMs = 1000;

/**
 * A node of a Slurm job. Its files lie on shared storage; what needs the node itself goes through a step of the job.
 */
export class SlurmNode implements RunNode {
  readonly name: string;
  readonly nodeRank: number;
  readonly folder: string;
  readonly #run: SlurmRun;
  readonly #files: LocalNode;
  readonly #listeners = new Set<(sign: NodeSign) => void>();
  readonly #unwatch: () => void;
  #timer: NodeJS.Timeout | undefined;
  #recorded: RecordedAttempt | undefined;
  #end: NodeEnd | undefined;
  #waits = "";

  constructor(run: SlurmRun, nodeRank: number) {
    this.#run = run;
    this.name = run.names[nodeRank] ?? `slurm-${nodeRank}`;
    this.nodeRank = nodeRank;
    this.folder = run.folder;
    const marker = ["MF_LAB_NO_PROCESS", "of this machine"] as const;
    this.#files = new LocalNode({ name: this.name, nodeRank, folder: () => run.folder, marker });
    this.#unwatch = run.watch((state) => this.#hear(state));
  }

  get state(): NodeState {
    const { attempt, launcher } = this.#recorded ?? {};
    return {
      reachable: true,
      silentMs: 0,
      clockOffsetMs: 0,
      ...(attempt !== undefined && { attempt }),
      ...(launcher !== undefined && { launcher }),
      ...(this.#end !== undefined && { end: this.#end }),
    };
  }

  async start(start: NodeStart): Promise<ProcessIdentity> {
    for (const { path, text } of [...this.#run.engineFiles(this.nodeRank), ...start.files])
      await this.#files.write(path, text);
    await this.#run.start(start);
    this.#timer ??= setInterval(() => void this.#look(), lookMs);
    return this.#recorded?.launcher ?? notYet;
  }

  watch(listener: (sign: NodeSign) => void): () => void {
    this.#listeners.add(listener);
    listener({ kind: "state", state: this.state });
    return () => this.#listeners.delete(listener);
  }

  async processes(): Promise<readonly NodeProcess[]> {
    return (await (await this.#remote())?.processes()) ?? [];
  }

  async signal(target: NodeTarget, name: NodeJS.Signals): Promise<number> {
    const remote = await this.#remote();
    if (remote === undefined) return (await this.#run.cancel()) ? 1 : 0;
    return remote.signal(target, name);
  }

  /** All nodes are one job: the first that is to end ends it, or its step if the job stays for another attempt. */
  async end(): Promise<readonly NodeProcess[]> {
    return (await this.#run.endAttempt()) ? [] : this.processes();
  }

  release(): Promise<void> {
    return this.#run.release();
  }

  /** Files of the shared storage; those of the node's kernel are asked from the node. */
  async read(path: string, range: FileRange): Promise<Uint8Array | undefined> {
    return path.startsWith("/proc/") ? (await this.#remote())?.read(path, range) : this.#files.read(path, range);
  }

  /** A job that waits has no engine that could save: the request to save ends it. */
  async write(path: string, text: string): Promise<void> {
    await this.#files.write(path, text);
    if (this.#run.isWaiting && /"GracefulExit":\s*1/.test(text)) await this.#run.cancel();
  }

  list(pattern: string): Promise<readonly NodeFile[]> {
    return this.#files.list(pattern);
  }

  follow(request: FollowRequest): AsyncIterable<readonly FollowedLines[]> {
    return this.#files.follow(request);
  }

  async stack(rank: number): Promise<string> {
    return (await (await this.#remote())?.stack(rank)) ?? `rank ${rank}: the job does not run`;
  }

  async metrics(): Promise<NodeMetrics> {
    return (await (await this.#remote())?.metrics()) ?? { ranks: [], devices: [] };
  }

  async busy(): Promise<readonly BusyLooks[]> {
    return (await (await this.#remote())?.busy()) ?? [];
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#unwatch();
    this.#listeners.clear();
    await this.#files.close();
    await this.#run.close();
  }

  #remote(): Promise<RemoteNode | undefined> {
    return this.#run.remote(this.nodeRank);
  }

  #tell(sign: NodeSign): void {
    for (const listener of this.#listeners) listener(sign);
  }

  /** What the node program has written about its attempt, and the batch script about a job that goes on without it. */
  async #look(): Promise<void> {
    const path = join(this.folder, "nodes", `node-${this.nodeRank}`, "state.json");
    const text = await readFile(path, "utf8").catch(() => undefined);
    const recorded = text === undefined ? undefined : (JSON.parse(text) as RecordedAttempt);
    if (recorded?.attempt === this.#run.attempt) {
      const signs = stateChanges(this.#recorded, recorded);
      this.#recorded = recorded;
      for (const sign of signs) {
        if (sign.kind !== "ended") this.#tell(sign);
        // Slurm's own word about a bad end says more, and comes with the job's end.
        else if (sign.end.exitCode === 0 || !this.#run.isLive) this.#ended(await this.#withReason(sign.end));
      }
    }
    const word = await this.#run.endWord();
    if (word === "requeued") this.#requeued();
    else if (word !== undefined) this.#ended(this.#recorded?.end ?? this.#bareEnd(word));
  }

  #hear(state: JobState): void {
    if (state.state === "PENDING") void this.#wait(state);
    if (hasEnded(state)) void this.#jobEnded(state);
  }

  async #wait(state: JobState): Promise<void> {
    if (await this.#run.isRequeued(state)) return this.#requeued();
    const words = waitingWords(this.#run.id ?? "?", state);
    if (words !== this.#waits) this.#tell({ kind: "waiting", reason: words });
    this.#waits = words;
  }

  #requeued(): void {
    const reason = `Slurm put job ${this.#run.id ?? "?"} back into its queue`;
    this.#ended({ ...this.#bareEnd(undefined), reason, requeued: true });
  }

  #bareEnd(exitCode: number | undefined, signal?: string): NodeEnd {
    return { attempt: this.#run.attempt, time: Date.now(), exitCode, signal };
  }

  async #jobEnded(state: JobState): Promise<void> {
    await this.#look().catch(() => undefined);
    const own = this.#recorded?.end;
    const { signal, exitCode = 1 } = state;
    const bare = signal === undefined ? this.#bareEnd(exitCode) : this.#bareEnd(undefined, `signal ${signal}`);
    this.#ended(await this.#withReason(own ?? bare, endReason(state)));
  }

  /** A clean end may be one ahead of the time limit. */
  async #withReason(end: NodeEnd, words?: string): Promise<NodeEnd> {
    const reason = await this.#run.reasonOf(words);
    return { ...end, ...(reason !== undefined && { reason }) };
  }

  #ended(end: NodeEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    clearInterval(this.#timer);
    this.#tell({ kind: "ended", end });
  }
}
