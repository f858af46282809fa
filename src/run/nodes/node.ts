import type { ProcessIdentity } from "../../core/liveness/process-identity.js";
import type { ProgramEnd } from "../../core/process.js";
import type { NodeCommand } from "../../plan/command/command.js";
import type { BusyLooks } from "../../recover/detect/busy-shares.js";

/**
 * One machine of a run, as launcher, supervisor, and readers see it. Backends: this machine, ssh, Slurm, simulated.
 *
 * Every method may be called at any time and in parallel. A method that needs the node rejects with NODE_UNREACHABLE
 * when the
 * connection is lost; the training on the node is not affected. Paths are relative to `folder`, or absolute on the
 * node.
 */
export interface RunNode {
  /** As in `NodeCommand.node`. */
  readonly name: string;
  /** 0 for the master. */
  readonly nodeRank: number;
  /** Absolute path of the run folder on the node. */
  readonly folder: string;
  /** What is known now, without asking the node. */
  readonly state: NodeState;
  /**
   * Starts the command detached, in a process group of its own, and resolves once it runs. Calling it again for the
   * same attempt
   * starts nothing and returns the running one. A newer attempt first ends everything that an older attempt left on
   * the node, proved by
   * process identity. Rejects with NODE_BUSY if the node already runs a newer attempt, or if an older process survives.
   */
  start(start: NodeStart): Promise<ProcessIdentity>;
  /**
   * Calls `listener` for every change until the returned function is called. The first call reports the present
   * state.
   */
  watch(listener: (sign: NodeSign) => void): () => void;
  /** Living processes of the run on the node, the launcher first. */
  processes(): Promise<readonly NodeProcess[]>;
  /**
   * Sends a signal and returns how many processes it reached. `"engine"` reaches launcher, scheduler, and all
   * workers.
   */
  signal(target: NodeTarget, name: NodeJS.Signals): Promise<number>;
  /**
   * Ends everything of the run on the node: SIGINT to the launcher, SIGKILL to what is left after `graceMs`. Returns
   * survivors.
   */
  end(options: { readonly graceMs: number }): Promise<readonly NodeProcess[]>;
  /** Bytes `[offset, offset + length)` of a file, fewer at its end; undefined if there is no such file. */
  read(path: string, range: FileRange): Promise<Uint8Array | undefined>;
  /**
   * Writes a small file whole (temporary file, rename) and makes its folder, such as the control file that requests a
   * checkpoint.
   */
  write(path: string, text: string): Promise<void>;
  /** Files whose path matches a pattern with `*` and `**`, sorted by path. */
  list(pattern: string): Promise<readonly NodeFile[]>;
  /**
   * Follows all files that match, also those that appear later. The next portion is read only when the iterator is
   * asked for it, so a
   * slow reader slows down the node's reading and nothing is buffered without limit. Ends when `signal` fires.
   * Continues after a
   * lost connection at the offset it has reached: no line is lost or delivered twice.
   */
  follow(request: FollowRequest): AsyncIterable<readonly FollowedLines[]>;
  /** Python stack of a rank's process, or the reason that none could be had. Never waits longer than 10 s. */
  stack(rank: number): Promise<string>;
  metrics(): Promise<NodeMetrics>;
  /**
   * How often each rank's process was looked at and found at work since the first call. The first call begins the
   * looks, about one a second. They end with the connection, or 60 s after the last call.
   */
  busy(): Promise<readonly BusyLooks[]>;
  /** Gives back what is kept for another attempt, such as the nodes of a Slurm job: none follows. */
  release?(): Promise<void>;
  /** Closes the connection. The training goes on. */
  close(): Promise<void>;
}

export interface NodeStart {
  /** Number of the start within the run, from 1. */
  readonly attempt: number;
  readonly command: NodeCommand;
  /** Files that the node must hold before the command starts, such as `config.yaml`; equal files stay untouched. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** What is known of a node without asking it. */
export interface NodeState {
  readonly reachable: boolean;
  /** Monotonic milliseconds since the last answer or sign of life; 0 on this machine. */
  readonly silentMs: number;
  /** Milliseconds to add to the node's clock to get this machine's. */
  readonly clockOffsetMs: number;
  readonly attempt?: number;
  readonly launcher?: ProcessIdentity;
  readonly end?: NodeEnd;
}

/** How the node's launcher ended; the node itself writes this down, so it is known also after a lost connection. */
export interface NodeEnd extends ProgramEnd {
  readonly attempt: number;
  /** Milliseconds since the epoch by the node's clock. */
  readonly time: number;
  /** The node's keeper is gone without having recorded the end, such as after a restart of the machine. */
  readonly vanished?: boolean;
  /** Why somebody else ended it, such as Slurm's time limit, in words. */
  readonly reason?: string;
  /** Slurm starts the same job again; the run goes on in it. */
  readonly requeued?: boolean;
}

export type NodeSign =
  | { readonly kind: "state"; readonly state: NodeState }
  | { readonly kind: "started"; readonly attempt: number; readonly launcher: ProcessIdentity }
  | { readonly kind: "ended"; readonly end: NodeEnd }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "reachable" }
  /** The start waits for something, such as free nodes of a Slurm partition. */
  | { readonly kind: "waiting"; readonly reason: string };

export type NodeTarget = "launcher" | "scheduler" | "engine" | { readonly rank: number } | ProcessIdentity;

/** A process of a run on a node. */
export interface NodeProcess extends ProcessIdentity {
  readonly role: "launcher" | "scheduler" | "worker" | "other";
  /** Of a worker. */
  readonly rank?: number;
  readonly attempt?: number;
  readonly command: string;
  /** Letter of `/proc/<pid>/stat`: `R`, `S`, `D`, `T` (stopped) and so on. */
  readonly state: string;
}

export interface FileRange {
  readonly offset: number;
  /** At most 512 KiB a call. */
  readonly length: number;
}

export interface NodeFile {
  /** Relative to the node's run folder, unless the pattern was absolute. */
  readonly path: string;
  readonly size: number;
  /** Milliseconds since the epoch by the node's clock. */
  readonly changedAt: number;
}

export interface FollowRequest {
  /** Patterns as in `list`, such as `logs/attempt-1/node-0/*.log`. */
  readonly patterns: readonly string[];
  /** Bytes to skip, by path. */
  readonly from?: Readonly<Record<string, number>>;
  readonly signal?: AbortSignal | undefined;
}

/** Whole lines of one file, in order. */
export interface FollowedLines {
  readonly path: string;
  readonly lines: readonly string[];
  /** Offset of the first byte after these lines; `from` of a later follow. */
  readonly offset: number;
  /** True if the file became shorter and is being read from its beginning. */
  readonly restarted?: boolean;
}

/** Measurements of a node; values that it can't measure are absent. */
export interface NodeMetrics {
  readonly cpuPercent?: number;
  readonly memoryUsedBytes?: number;
  readonly memoryTotalBytes?: number;
  readonly diskFreeBytes?: number;
  /** Resident memory and processor time of the run's own processes. */
  readonly ranks: readonly { readonly rank: number; readonly memoryBytes: number; readonly cpuSeconds: number }[];
  readonly devices: readonly DeviceMetrics[];
}

/** One NPU, as `npu-smi` reports it. */
export interface DeviceMetrics {
  readonly device: number;
  readonly health?: string;
  readonly utilizationPercent?: number;
  readonly memoryUsedBytes?: number;
  readonly memoryTotalBytes?: number;
  readonly temperatureCelsius?: number;
  readonly powerWatts?: number;
  /** Memory errors of two bits, which ECC can't correct. */
  readonly uncorrectable?: number;
}
