import type { DeviceMetrics, NodeProcess } from "../node.js";

/** What one node says of itself before a start (`facts.py` of the node program). */
export interface NodeFacts {
  readonly hostname: string;
  /** Addresses that the node's own name resolves to there. */
  readonly ownAddresses: readonly string[];
  /** Addresses that the master's address resolves to there. */
  readonly masterAddresses: readonly string[];
  readonly imports: EngineImports;
  readonly cann: string | null;
  readonly driver: string | null;
  readonly disk: { readonly folder: string; readonly free: number; readonly writable: boolean };
  /** −1: no limit. */
  readonly limits: { readonly files: number; readonly processes: number };
  /** Who listens on the master's port; null if it is free, and on other nodes. */
  readonly port: { readonly pid?: number; readonly what: string; readonly run?: string | null } | null;
  readonly devices: readonly DeviceFacts[];
  readonly links: readonly { readonly device: number; readonly link: string }[];
  /** Processes of other runs. */
  readonly processes: readonly { readonly run: string; readonly pids: readonly number[] }[];
  readonly ownProcesses: readonly NodeProcess[];
}

/** What the import of MindSpore gave in the environment of the launch. */
export interface EngineImports {
  readonly error?: string;
  readonly python?: string;
  readonly mindspore?: string | null;
  readonly mindformers?: string | null;
  /** MindIO, which MindSpore's fault tolerance needs. */
  readonly mindio_ttp?: string | null;
}

export interface DeviceFacts extends DeviceMetrics {
  readonly processes?: readonly { readonly pid: number; readonly name: string }[];
}

/** Size and content of a file that training reads; null if it is not there. */
export interface FileFact {
  readonly size: number;
  /** Absent for files that are too large to be read before a start. */
  readonly sha256: string | null;
}

/** Everything that was found on one node. */
export interface NodeFindings {
  readonly node: string;
  readonly nodeRank: number;
  /** The reason if the node could not be asked. */
  readonly unreachable?: { readonly message: string; readonly hint: string };
  readonly facts?: NodeFacts;
  /** Milliseconds that the node's clock is ahead of this machine's. */
  readonly clockAheadMs?: number;
  /** By path, in the order of the plan. */
  readonly files?: Readonly<Record<string, FileFact | null>>;
  /** The node sees a file that node 0 has just written. */
  readonly seesMaster?: boolean;
}

/** What the plan needs of each node. */
export interface NodeNeeds {
  readonly device: "CPU" | "Ascend";
  readonly devicesPerNode: number;
  readonly port: number;
  readonly masterAddress: string;
  /** Bytes that the run writes on one node; undefined if nobody knows. */
  readonly diskBytes: number | undefined;
  /** The plan uses fault tolerance that needs MindIO. */
  readonly mindIo?: boolean;
}
