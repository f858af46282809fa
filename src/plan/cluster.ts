import { enginePython } from "../core/engine-python.js";
import { LabError } from "../core/error.js";
import { parseBytes } from "../core/units.js";

/** The machines that a run uses. */
export interface Cluster {
  readonly device: "CPU" | "Ascend";
  /** Host names or addresses; the first is the master. Default: this machine alone. Their number and order give node_rank 0, 1, … */
  readonly nodes?: readonly string[];
  /** Workers per node. Default: 8 on Ascend; on CPU what `parallel_config.data_parallel` asks for (on one node). */
  readonly devicesPerNode?: number;
  /** Memory of one device, such as "64GB". */
  readonly memoryPerDevice?: string;
  /** Port of the scheduler on the master, 1024 to 65535; default 8118. */
  readonly port?: number;
  /** Python of the environment that holds MindFormers, at the same path on every node; default: this project's own. */
  readonly python?: string;
}

/** A cluster with every default filled in. */
export interface ResolvedCluster {
  readonly device: "CPU" | "Ascend";
  readonly nodes: readonly string[];
  readonly devicesPerNode: number;
  readonly devices: number;
  /** Bytes. */
  readonly memoryPerDevice: number | undefined;
  readonly port: number;
  readonly python: string;
}

function refuse(option: string, expected: string, found: unknown): LabError {
  return new LabError("CLUSTER_INVALID", `cluster.${option}: expected ${expected}, found ${JSON.stringify(found)}`, {
    hint: 'for example cluster: { device: "Ascend", nodes: ["10.0.0.1", "10.0.0.2"], devicesPerNode: 8 }',
    details: { option, found },
  });
}

function wholeNumber(option: string, value: number, [low, high]: readonly [number, number]): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw refuse(option, `a whole number from ${low} to ${high}`, value);
}

/** Fills in defaults; throws CLUSTER_INVALID. `dataParallel` is what the configuration asks for. */
export function resolveCluster(cluster: Cluster | undefined, dataParallel: number): ResolvedCluster {
  const given: Cluster = cluster ?? { device: "CPU" };
  if (given.device !== "CPU" && given.device !== "Ascend") throw refuse("device", '"CPU" or "Ascend"', given.device);
  const nodes = given.nodes ?? ["127.0.0.1"];
  if (nodes.length === 0) throw refuse("nodes", "at least one node", nodes);
  for (const node of nodes)
    if (!/^[\w.:[\]-]+$/.test(node) || node.startsWith("-")) throw refuse("nodes", "host names or addresses", node);
  const twice = nodes.find((node, index) => nodes.indexOf(node) !== index);
  if (twice !== undefined) throw refuse("nodes", "every node once", twice);
  const perNode = given.device === "Ascend" ? 8 : Math.max(1, Math.ceil(dataParallel / nodes.length));
  const devicesPerNode = wholeNumber("devicesPerNode", given.devicesPerNode ?? perNode, [1, 1024]);
  return {
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
