import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../../../core/error.js";
import { writeFileAtomic } from "../../../core/files.js";
import type { ResolvedCluster } from "../../../plan/command/cluster.js";
import { type NodeCommand, nodeEngineFolder } from "../../../plan/command/command.js";
import type { ConnectionEnd, Connector } from "../connection.js";
import type { NodeStart } from "../node.js";
import { engineFiles, nodeProgram } from "../program.js";
import { RemoteNode } from "../remote-node.js";
import { programWords } from "../ssh.js";
import { AttemptFiles, type EndWord, exists } from "./attempt-files.js";
import { hostNames, SlurmJob } from "./job.js";
import { jobScript, limitFile } from "./job-script.js";
import { hasEnded, hasNodes, type JobState } from "./job-state.js";

/** What a Slurm backend needs of a run. */
export interface SlurmRunOptions {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly commands: readonly NodeCommand[];
  readonly cluster: ResolvedCluster;
  readonly supervisor?: string;
  /** The job keeps its nodes after an attempt that failed, for the next one. */
  readonly holds?: boolean;
}

/** How long the step of an attempt, and a job that is released, may take to end. */
const endMs = 30_000;

/** One attempt of a run in Slurm: a job, and its nodes together. */
export class SlurmRun {
  readonly folder: string;
  readonly attempt: number;
  readonly names: readonly string[];
  readonly #options: SlurmRunOptions;
  readonly #job: SlurmJob;
  readonly #files: AttemptFiles;
  readonly #remotes = new Map<number, RemoteNode>();
  readonly #requests = new Map<number, NodeStart>();
  readonly #found: Promise<boolean>;
  #hosts: Promise<readonly string[]> | undefined;
  #submitting: Promise<string> | undefined;
  #ending: Promise<boolean> | undefined;
  #releasing: Promise<void> | undefined;
  #resolve: ((all: undefined) => void) | undefined;
  readonly #complete: Promise<undefined>;

  constructor(options: SlurmRunOptions) {
    this.#options = options;
    this.attempt = options.attempt;
    this.folder = options.commands[0]?.folder ?? "";
    this.names = options.commands.map(({ node }) => node);
    this.#job = new SlurmJob(this.folder, options.attempt);
    this.#files = new AttemptFiles(this.folder, options.attempt);
    this.#found = this.#job.find();
    this.#complete = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get id(): string | undefined {
    return this.#job.id;
  }

  get isWaiting(): boolean {
    const { latest } = this.#job;
    return latest === undefined || latest.state === "PENDING";
  }

  /** The job exists and has not ended, as far as is known. */
  get isLive(): boolean {
    const { latest } = this.#job;
    return latest === undefined || !hasEnded(latest);
  }

  engineFiles(nodeRank: number): NodeStart["files"] {
    return engineFiles(nodeEngineFolder(nodeRank));
  }

  /** Keeps a node's request; the last one submits the job for all. Resolves with the job's number. */
  async start(start: NodeStart): Promise<string> {
    this.#requests.set(start.command.nodeRank, start);
    if (this.#requests.size === this.names.length) this.#resolve?.(undefined);
    await this.#complete;
    this.#submitting ??= this.#submit();
    return this.#submitting;
  }

  async #submit(): Promise<string> {
    const { folder, attempt } = this;
    const { id: run, name, cluster, holds = false } = this.#options;
    if (!(await this.#job.find())) {
      await mkdir(this.#job.place, { recursive: true });
      for (const [nodeRank, { command, files: _ }] of this.#requests) {
        const { argv, environment } = command;
        const request = { run, from: "slurm", attempt, argv, environment };
        await writeFileAtomic(join(this.#job.place, `node-${nodeRank}.json`), JSON.stringify(request));
      }
      const program = join(folder, "slurm", "node-program.py");
      await writeFileAtomic(program, nodeProgram());
      const held = await this.#heldJob();
      if (held !== undefined) await this.#job.adopt(held);
      else await this.#job.submit(async () => jobScript({ name, folder, attempt, program, cluster, holds }));
    }
    this.#job.watch(() => undefined);
    return this.#job.id as string;
  }

  /** Number of the job that keeps its nodes, or its place in the queue, since the attempt before this one. */
  async #heldJob(): Promise<string | undefined> {
    const job = new SlurmJob(this.folder, this.attempt - 1);
    const files = new AttemptFiles(this.folder, this.attempt - 1);
    if (!(await job.find()) || !(await files.started()) || (await files.isReleased())) return undefined;
    const state = await job.look();
    if (state === undefined || hasEnded(state)) return undefined;
    return state.state === "PENDING" || (await files.ended()) !== undefined ? job.id : undefined;
  }

  /** How this attempt ended, while its job goes on. */
  async endWord(): Promise<EndWord | undefined> {
    const word = await this.#files.ended();
    if (word === "requeued" || word === undefined) return word;
    // A job that Slurm is ending has a reason, which comes with its end.
    return (await this.#job.look())?.state === "RUNNING" ? word : undefined;
  }

  /** True if Slurm put the job back into its queue after this attempt had started. */
  async isRequeued(state: JobState): Promise<boolean> {
    return state.state === "PENDING" && (await this.#files.started());
  }

  /** Ends what runs of this attempt on all nodes. True if nothing is left. */
  endAttempt(): Promise<boolean> {
    this.#ending ??= this.#end().finally(() => {
      this.#ending = undefined;
    });
    return this.#ending;
  }

  async #end(): Promise<boolean> {
    const state = (await this.#found) || this.id !== undefined ? await this.#job.look() : undefined;
    if (state === undefined || hasEnded(state)) return true;
    if ((await this.#files.ended()) !== undefined || (await this.isRequeued(state))) return true;
    if (!this.#options.holds || state.state === "PENDING") return this.#job.cancel();
    await this.#job.cancelStep(`attempt-${this.attempt}`);
    const isOver = async (now: JobState | undefined) =>
      now === undefined || hasEnded(now) || (await this.#files.ended()) !== undefined;
    return (await this.#job.waitFor(isOver, endMs)) || this.#job.cancel();
  }

  /** Gives the nodes back, or the place in the queue: no other attempt follows. */
  release(): Promise<void> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  async #release(): Promise<void> {
    if (!(await this.#job.find())) return;
    const state = await this.#job.look();
    if (state === undefined || hasEnded(state)) return;
    await this.#files.release();
    if (state.state === "PENDING" || !(await this.#job.waitFor((now) => now === undefined || hasEnded(now), endMs)))
      await this.#job.cancel();
  }

  watch(listener: (state: JobState) => void): () => void {
    let leave: (() => void) | undefined;
    let left = false;
    const begin = () => {
      if (!left) leave ??= this.#job.watch(listener);
    };
    void this.#found.then((found) => (found ? begin() : this.#complete.then(() => this.#submitting).then(begin)));
    return () => {
      left = true;
      leave?.();
    };
  }

  /** The node through a step of the job; undefined while it has no nodes. */
  async remote(nodeRank: number): Promise<RemoteNode | undefined> {
    await this.#found;
    const latest = this.#job.latest ?? (await this.#job.look());
    const { id } = this.#job;
    if (latest === undefined || id === undefined || !hasNodes(latest)) return undefined;
    this.#hosts ??= hostNames(latest.nodeList);
    const host = (await this.#hosts)[nodeRank];
    if (host === undefined) return undefined;
    const known = this.#remotes.get(nodeRank);
    if (known) return known;
    const { id: run, supervisor } = this.#options;
    const about = { name: host, nodeRank, folder: this.folder, run, from: "slurm" };
    const made = new RemoteNode({
      ...about,
      connector: this.#connector(id, host, nodeRank),
      ...(supervisor !== undefined && { supervisor }),
    });
    this.#remotes.set(nodeRank, made);
    return made;
  }

  #connector(job: string, host: string, nodeRank: number): Connector {
    const { cluster } = this.#options;
    const { access: reach, python } = cluster;
    const place = { folder: this.folder, nodeRank, python, access: { container: [], ...reach } };
    return {
      name: host,
      argv: [
        "srun",
        `--jobid=${job}`,
        "--overlap",
        "--nodes=1",
        "--ntasks=1",
        `--nodelist=${host}`,
        "--unbuffered",
        ...programWords(place),
      ],
      explain: (end) => stepError(end, { host, job }),
    };
  }

  /** Slurm's reason for the job's end; a time limit that was seen coming is one also if the engine ended in time. */
  async reasonOf(words: string | undefined): Promise<string | undefined> {
    const saved = await exists(limitFile(this.folder, this.attempt));
    return words ?? (saved ? "saved ahead of Slurm's time limit" : undefined);
  }

  cancel(): Promise<boolean> {
    return this.#job.cancel();
  }

  async close(): Promise<void> {
    this.#job.close();
    await Promise.all([...this.#remotes.values()].map((remote) => remote.close()));
    this.#remotes.clear();
  }
}

function stepError(end: ConnectionEnd, { host, job }: { readonly host: string; readonly job: string }): LabError {
  const last = end.trouble.at(-1) ?? "";
  return new LabError(
    "NODE_UNREACHABLE",
    `node ${host}: no step of job ${job} runs there${last && ` (${last.trim()})`}`,
    {
      hint: `srun --jobid=${job} --overlap --nodelist=${host} true`,
      details: { node: host, job, trouble: end.trouble },
    },
  );
}
