import { constants } from "node:os";
import { isLabError } from "../../core/error.js";
import type { ProcessIdentity } from "../../core/liveness/process-identity.js";
import { nodeEngineFolder } from "../../plan/command/command.js";
import type { BusyLooks } from "../../recover/detect/busy-shares.js";
import { Connection, type Connector } from "./connection.js";
import type {
  FileRange,
  FollowedLines,
  FollowRequest,
  NodeFile,
  NodeMetrics,
  NodeProcess,
  NodeSign,
  NodeStart,
  NodeState,
  NodeTarget,
  RunNode,
} from "./node.js";
import { engineFiles } from "./program.js";
import { type RecordedAttempt, stateChanges } from "./remote-state.js";

export interface RemoteNodeOptions {
  readonly name: string;
  readonly nodeRank: number;
  /** Absolute path of the run folder on the node. */
  readonly folder: string;
  /** Identity of the run, so that a node refuses another run in the same folder. */
  readonly run: string;
  /** Identity of the supervisor that the node shall obey from its start on; absent for somebody who only looks. */
  readonly supervisor?: string;
  /** Machine and process that launches, for messages on other machines. */
  readonly from: string;
  readonly connector: Connector;
}

const retryMs = [500, 1000, 2000, 4000, 8000];
/** For so long a failed connection answers for the next one. */
const freshFailureMs = 10_000;
const followWaitSeconds = 5;

function monotonicMs(): number {
  return performance.now();
}

/**
 * A node that is reached through a program: ssh, or a step of a Slurm job. Connects when it is first asked, and again
 * when it must.
 */
export class RemoteNode implements RunNode {
  readonly name: string;
  readonly nodeRank: number;
  readonly folder: string;
  readonly #options: RemoteNodeOptions;
  readonly #listeners = new Set<(sign: NodeSign) => void>();
  #connection: Promise<Connection> | undefined;
  #recorded: RecordedAttempt | undefined;
  #reachable = false;
  #heard = monotonicMs();
  #clockOffsetMs = 0;
  #closed = false;
  #failures = 0;
  #failure: { readonly error: unknown; readonly at: number } | undefined;

  constructor(options: RemoteNodeOptions) {
    this.name = options.name;
    this.nodeRank = options.nodeRank;
    this.folder = options.folder;
    this.#options = options;
  }

  get state(): NodeState {
    const { attempt, launcher, end } = this.#recorded ?? {};
    return {
      reachable: this.#reachable,
      silentMs: monotonicMs() - this.#heard,
      clockOffsetMs: this.#clockOffsetMs,
      ...(attempt !== undefined && { attempt }),
      ...(launcher !== undefined && { launcher }),
      ...(end !== undefined && { end }),
    };
  }

  async start({ attempt, command, files }: NodeStart): Promise<ProcessIdentity> {
    const { run, from } = this.#options;
    const { argv, environment } = command;
    const all = [...engineFiles(nodeEngineFolder(this.nodeRank)), ...files];
    const answer = await this.#ask("start", { run, from, attempt, argv, environment, files: all });
    this.#take(answer as RecordedAttempt);
    return (answer as RecordedAttempt).launcher;
  }

  watch(listener: (sign: NodeSign) => void): () => void {
    this.#listeners.add(listener);
    listener({ kind: "state", state: this.state });
    void this.#stayConnected();
    return () => this.#listeners.delete(listener);
  }

  processes(): Promise<readonly NodeProcess[]> {
    return this.#ask("processes") as Promise<readonly NodeProcess[]>;
  }

  signal(target: NodeTarget, name: NodeJS.Signals): Promise<number> {
    return this.#ask("signal", { target, number: constants.signals[name] }) as Promise<number>;
  }

  end({ graceMs }: { readonly graceMs: number }): Promise<readonly NodeProcess[]> {
    return this.#ask("end", { grace: graceMs / 1000 }) as Promise<readonly NodeProcess[]>;
  }

  async read(path: string, { offset, length }: FileRange): Promise<Uint8Array | undefined> {
    const text = (await this.#ask("read", { path, offset, length })) as string | null;
    return text === null ? undefined : Buffer.from(text, "base64");
  }

  async write(path: string, text: string): Promise<void> {
    await this.#ask("write", { path, text });
  }

  list(pattern: string): Promise<readonly NodeFile[]> {
    return this.#ask("list", { pattern }) as Promise<readonly NodeFile[]>;
  }

  async *follow({ patterns, from = {}, signal }: FollowRequest): AsyncGenerator<readonly FollowedLines[]> {
    const offsets: Record<string, number> = { ...from };
    while (!signal?.aborted) {
      const question = { patterns, offsets, wait: followWaitSeconds };
      const answer = await this.#ask("follow", question).catch((error: unknown) => {
        if (isLabError(error) && error.code === "NODE_UNREACHABLE" && !this.#closed) return undefined;
        throw error;
      });
      if (answer === undefined) await this.#pause(signal);
      else {
        const found = (answer as FollowAnswer[]).map(({ text, ...rest }) => ({ ...rest, lines: linesOf(text) }));
        for (const { path, offset } of found) offsets[path] = offset;
        if (found.length > 0) yield found;
      }
    }
  }

  stack(rank: number): Promise<string> {
    return this.#ask("stack", { rank }) as Promise<string>;
  }

  metrics(): Promise<NodeMetrics> {
    return this.#ask("metrics") as Promise<NodeMetrics>;
  }

  busy(): Promise<readonly BusyLooks[]> {
    return this.#ask("busy") as Promise<readonly BusyLooks[]>;
  }

  /** Any other question of the node program; preflight and staging use it. */
  ask(method: string, params: object = {}): Promise<unknown> {
    return this.#ask(method, params);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  async #ask(method: string, params: object = {}): Promise<unknown> {
    const connection = await this.#connect();
    const { supervisor, run } = this.#options;
    return connection.ask(method, params, { run, supervisor });
  }

  /** After a failure only the retries of a watched node connect for a while: others get that failure at once. */
  #connect(isRetry = false): Promise<Connection> {
    const recent = this.#failure && monotonicMs() < this.#failure.at + freshFailureMs;
    if (recent && !isRetry && !this.#reachable) return Promise.reject(this.#failure?.error);
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = undefined;
      this.#failures += 1;
      this.#failure = { error, at: monotonicMs() };
      throw error;
    });
    return this.#connection;
  }

  async #open(): Promise<Connection> {
    const connection = new Connection(this.#options.connector, (message) => this.#hear(message));
    void connection.ended.then((end) => this.#lost(this.#options.connector.explain(end).message));
    const greeting = await connection.greeting;
    this.#failures = 0;
    this.#failure = undefined;
    this.#heard = monotonicMs();
    if (!this.#reachable) this.#tell({ kind: "reachable" });
    this.#reachable = true;
    this.#take(greeting.state as RecordedAttempt | null);
    void this.#compareClocks(connection).catch(() => undefined);
    return connection;
  }

  /** The node reads its clock between question and answer: half the way of the fastest answer is the best guess. */
  async #compareClocks(connection: Connection): Promise<void> {
    let fastest = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < 3; turn += 1) {
      const [asked, began] = [Date.now(), monotonicMs()];
      const time = Number(await connection.ask("ping"));
      const way = monotonicMs() - began;
      if (way < fastest) this.#clockOffsetMs = asked + way / 2 - time;
      fastest = Math.min(fastest, way);
    }
  }

  #hear(message: Readonly<Record<string, unknown>>): void {
    this.#heard = monotonicMs();
    if ("state" in message) this.#take(message.state as RecordedAttempt | null);
  }

  #take(recorded: RecordedAttempt | null): void {
    if (recorded === null) return;
    const signs = stateChanges(this.#recorded, recorded);
    this.#recorded = recorded;
    for (const sign of signs) this.#tell(sign);
  }

  #lost(reason: string): void {
    this.#connection = undefined;
    if (this.#closed) return;
    if (this.#reachable) this.#tell({ kind: "unreachable", reason });
    this.#reachable = false;
    void this.#stayConnected();
  }

  #tell(sign: NodeSign): void {
    for (const listener of this.#listeners) listener(sign);
  }

  /** While somebody watches, a lost connection is made again. */
  async #stayConnected(): Promise<void> {
    while (!this.#closed && this.#listeners.size > 0 && this.#connection === undefined) {
      try {
        await this.#connect(true);
      } catch {
        await this.#pause();
      }
    }
  }

  #pause(signal?: AbortSignal): Promise<void> {
    const ms = retryMs[Math.min(this.#failures, retryMs.length - 1)];
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
    });
  }
}

interface FollowAnswer extends Omit<FollowedLines, "lines"> {
  readonly text: string;
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}
