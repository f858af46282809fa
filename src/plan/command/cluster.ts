import { posix } from "node:path";
import { enginePython } from "../../core/engine-python.js";
import { LabError } from "../../core/error.js";
import { parseBytes } from "../../core/units.js";
import { type ClusterHost, firstTwice, hostList, hostNames, isHostAlone, parseHost, rangeHint } from "./hosts.js";
import type { SimulateOptions } from "./simulate.js";

/** The machines that a run uses. */
export interface Cluster {
  /** Default with `simulate`: "Ascend". */
  readonly device?: "CPU" | "Ascend";
  /**
   * A cluster that does not exist: `launchRun` plays the training on it, failures included. Stands in for nodes,
   * devicesPerNode, and the options of how nodes are reached.
   */
  readonly simulate?: SimulateOptions;
  /**
   * Host names or addresses, without ports; the first is the master. Default: this machine alone. Their number and
   * order give node_rank 0, 1, …
   */
  readonly nodes?: readonly string[];
  /** Workers per node. Default: 8 on Ascend; on CPU `parallel_config.data_parallel` (on one node). */
  readonly devicesPerNode?: number;
  /** Memory of one device, such as "64GB". */
  readonly memoryPerDevice?: string;
  /**
   * Port of the scheduler on the master, 1024 to 65535. Default 8118; `launchRun` takes a free port instead if it
   * starts all nodes.
   */
  readonly port?: number;
  /** Python of the environment that holds MindFormers, at the same path on every node; default: this project's own. */
  readonly python?: string;
  /**
   * How the nodes are started. `"ssh"`: by the system's own `ssh`. `"slurm"`: by a batch job. `"this-machine"`: this
   * machine plays `nodeCount` nodes, on a CPU, for trying things out. Default: `"ssh"` if `hosts` or
   * `hostfile` is given; otherwise this machine starts its own command only.
   */
  readonly via?: "ssh" | "slurm" | "this-machine";
  /**
   * ssh names, `[user@]host[:port]`, in the order of node_rank. ssh reads its own configuration, agent, and
   * known_hosts.
   */
  readonly hosts?: readonly string[];
  /** File with one host a line, plain (`user@host:port`) or in MPI's style (`host slots=8`); `#` begins a comment. */
  readonly hostfile?: string;
  /** Another configuration file for ssh (`ssh -F`). */
  readonly sshConfig?: string;
  /** Absolute folder for runs on the nodes; default: the folder of runs of the launching machine. */
  readonly workDir?: string;
  /**
   * Absolute path of a shell script that every node sources first, such as CANN's `set_env.sh`: ssh reads no profile.
   */
  readonly setup?: string;
  /**
   * Name of a running container (`docker exec`), or the words that enter one: `["podman", "exec", "-i", "training"]`.
   */
  readonly container?: string | readonly string[];
  /** Address at which the workers find node 0, if it differs from its ssh name. */
  readonly masterAddress?: string;
  /** Slurm options; see SlurmOptions. Only with `via: "slurm"`. */
  readonly slurm?: SlurmOptions;
  /** Number of nodes with `via: "slurm"` and `via: "this-machine"`. Default 1. */
  readonly nodeCount?: number;
}

/** What `via: "slurm"` passes to `sbatch`; missing options use the site's defaults. */
export interface SlurmOptions {
  readonly partition?: string;
  readonly account?: string;
  /** Time limit as Slurm writes it: `"2-00:00:00"`, `"90"` (minutes). */
  readonly time?: string;
  /** Generic resources of a node, such as `"npu:8"`. */
  readonly gres?: string;
  readonly qos?: string;
  /** Time before the limit at which the training is asked to save and end, default `"5m"`. */
  readonly saveBefore?: string;
  /** Slurm may start the job again after a node failure or a preemption. */
  readonly requeue?: boolean;
  /** Further arguments of sbatch, such as `["--exclude=node7"]`. */
  readonly extra?: readonly string[];
}

/** Stands for the master's address in the commands of a Slurm job until Slurm has chosen the nodes. */
export const slurmMaster = "MASTER_ADDR";

/** Addresses of node 0 that follow from the way the nodes are started. */
const ownMaster: Readonly<Record<string, string>> = { slurm: slurmMaster, "this-machine": "127.0.0.1" };

/** How to reach the nodes of a resolved cluster. */
export interface ClusterAccess {
  readonly via: "local" | "ssh" | "slurm" | "this-machine";
  /** One for each node with `via: "ssh"`, otherwise none. */
  readonly hosts: readonly ClusterHost[];
  readonly sshConfig?: string;
  readonly workDir?: string;
  readonly setup?: string;
  /** Words before every program on a node; none outside containers. */
  readonly container: readonly string[];
  readonly masterAddress: string;
  readonly slurm: SlurmOptions;
}

/** A cluster with every default filled in. */
export interface ResolvedCluster {
  /** Absent in runs that an earlier version recorded. */
  readonly access?: ClusterAccess;
  readonly device: "CPU" | "Ascend";
  /** Present if the cluster is simulated. */
  readonly simulate?: SimulateOptions;
  readonly nodes: readonly string[];
  readonly devicesPerNode: number;
  readonly devices: number;
  /** Bytes. */
  readonly memoryPerDevice: number | undefined;
  readonly port: number;
  readonly python: string;
}

interface Fault {
  readonly expected: string;
  readonly found: unknown;
  /** What to type instead; default: an example. */
  readonly line?: string | undefined;
}

/** CLUSTER_INVALID for an option of a cluster. */
export function clusterFault(option: string, { expected, found, line }: Fault): LabError {
  const message = `cluster.${option}: expected ${expected}, found ${JSON.stringify(found)}`;
  const usual = 'for example cluster: { device: "Ascend", nodes: ["10.0.0.1", "10.0.0.2"], devicesPerNode: 8 }';
  return new LabError("CLUSTER_INVALID", message, { hint: line ?? usual, details: { option, found } });
}

function wholeNumber(option: string, value: number, [low, high]: readonly [number, number]): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw clusterFault(option, { expected: `a whole number from ${low} to ${high}`, found: value });
}

function nodeNames(given: Cluster): readonly string[] {
  const nodes = given.nodes ?? ["127.0.0.1"];
  if (nodes.length === 0) throw clusterFault("nodes", { expected: "at least one node", found: nodes });
  const wrong = nodes.find((node) => !isHostAlone(node));
  if (wrong !== undefined)
    throw clusterFault("nodes", {
      expected: "host names or addresses, without a port",
      found: wrong,
      line: rangeHint(wrong),
    });
  const [first, second] = (firstTwice(nodes.map((host) => ({ host }))) ?? []).map((at) => nodes[at]);
  if (second === undefined) return nodes;
  const again = first === second ? "" : ` (${JSON.stringify(first)} is the same)`;
  throw clusterFault("nodes", { expected: `every node once${again}`, found: second });
}

function masterOf({ masterAddress }: Cluster): string | undefined {
  if (masterAddress === undefined || isHostAlone(masterAddress)) return masterAddress;
  const line = rangeHint(masterAddress) ?? 'for example masterAddress: "10.0.0.1"';
  throw clusterFault("masterAddress", {
    expected: "a host name or an address, without a port",
    found: masterAddress,
    line,
  });
}

function absolute(option: "workDir" | "setup", path: string | undefined): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no shell reads a path with a line end or a null byte
  if (path === undefined || (posix.isAbsolute(path) && !/[\u0000-\u001f\u007f]/.test(path))) return path;
  throw clusterFault(option, { expected: "an absolute path of one line", found: path });
}

/**
 * Checks how the nodes are reached and gives each a name. A host's name is its address, with the port where two share
 * it.
 */
function accessOf(given: Cluster): { readonly access: ClusterAccess; readonly nodes: readonly string[] } {
  const via = given.via ?? (given.hosts === undefined ? "local" : "ssh");
  if (!["local", "ssh", "slurm", "this-machine"].includes(via))
    throw clusterFault("via", { expected: '"ssh", "slurm", or "this-machine"', found: via });
  if (via === "this-machine" && given.device !== "CPU")
    throw clusterFault("via", {
      expected: '"ssh" or "slurm" on Ascend: nodes of one machine would share its devices',
      found: via,
    });
  if (given.hosts !== undefined && via !== "ssh")
    throw clusterFault("hosts", { expected: 'no hosts unless via is "ssh"', found: given.hosts });
  if (via === "ssh" && !given.hosts?.length)
    throw clusterFault("hosts", { expected: "at least one host, or a hostfile", found: given.hosts });
  if (given.nodes !== undefined && via !== "local") {
    const instead = via === "ssh" ? "hosts" : "nodeCount";
    throw clusterFault("nodes", { expected: `${instead} instead of nodes`, found: given.nodes });
  }
  const hosts = hostList((given.hosts ?? []).map((host) => parseHost(host)));
  const count = wholeNumber("nodeCount", given.nodeCount ?? 1, [1, 65_536]);
  const nodes =
    via === "ssh"
      ? hostNames(hosts)
      : via === "local"
        ? nodeNames(given)
        : Array.from({ length: count }, (_, index) => `${via === "slurm" ? "slurm" : "node"}-${index}`);
  const masterAddress = masterOf(given);
  const { sshConfig, container = [], slurm = {} } = given;
  const workDir = absolute("workDir", given.workDir);
  const setup = absolute("setup", given.setup);
  return {
    nodes,
    access: {
      via,
      hosts,
      ...(sshConfig !== undefined && { sshConfig }),
      ...(workDir !== undefined && { workDir }),
      ...(setup !== undefined && { setup }),
      container: typeof container === "string" ? ["docker", "exec", "-i", container] : container,
      masterAddress: masterAddress ?? ownMaster[via] ?? hosts[0]?.host ?? (nodes[0] as string),
      slurm,
    },
  };
}

/**
 * Fills in defaults; throws CLUSTER_INVALID. `dataParallel` is what the configuration asks for. A host file must have
 * been read.
 */
export function resolveCluster(cluster: Cluster | undefined, dataParallel: number): ResolvedCluster {
  const given: Cluster = cluster ?? { device: "CPU" };
  if (given.simulate !== undefined) return simulatedCluster(given, given.simulate);
  if (given.device !== "CPU" && given.device !== "Ascend")
    throw clusterFault("device", { expected: '"CPU" or "Ascend"', found: given.device });
  const { access, nodes } = accessOf(given);
  const perNode = given.device === "Ascend" ? 8 : Math.max(1, Math.ceil(dataParallel / nodes.length));
  const devicesPerNode = wholeNumber("devicesPerNode", given.devicesPerNode ?? perNode, [1, 1024]);
  return {
    access,
    device: given.device,
    nodes,
    devicesPerNode,
    devices: nodes.length * devicesPerNode,
    memoryPerDevice:
      given.memoryPerDevice === undefined ? undefined : parseBytes(given.memoryPerDevice, "cluster.memoryPerDevice"),
    port: wholeNumber("port", given.port ?? 8118, [1024, 65535]),
    python: given.python ?? enginePython(),
  };
}

function simulatedCluster(given: Cluster, simulate: SimulateOptions): ResolvedCluster {
  const count = wholeNumber("simulate.nodes", simulate.nodes, [1, 1_000_000]);
  const devicesPerNode = wholeNumber("simulate.devicesPerNode", simulate.devicesPerNode ?? 8, [1, 1024]);
  return {
    device: given.device ?? "Ascend",
    simulate,
    nodes: Array.from({ length: count }, (_, index) => `node-${index}`),
    devicesPerNode,
    devices: count * devicesPerNode,
    memoryPerDevice:
      given.memoryPerDevice === undefined ? undefined : parseBytes(given.memoryPerDevice, "cluster.memoryPerDevice"),
    port: 8118,
    python: enginePython(),
  };
}

/** The options that give this cluster again, such as for the plan of a resumed run. */
export function clusterOptions(resolved: ResolvedCluster): Cluster {
  const { access, simulate, nodes, devices: _, memoryPerDevice, ...rest } = resolved;
  const memory = memoryPerDevice === undefined ? {} : { memoryPerDevice: `${memoryPerDevice}B` };
  if (simulate !== undefined) return { device: resolved.device, simulate, ...memory };
  const { via = "local", hosts = [], container = [], slurm, ...reach } = access ?? {};
  return {
    ...rest,
    ...reach,
    ...memory,
    ...(via !== "local" && { via }),
    ...(via === "local" && { nodes }),
    ...(via === "ssh" && { hosts: hosts.map(({ text }) => text) }),
    ...((via === "slurm" || via === "this-machine") && { nodeCount: nodes.length }),
    ...(via === "slurm" && slurm && { slurm }),
    ...(container.length > 0 && { container }),
  };
}
