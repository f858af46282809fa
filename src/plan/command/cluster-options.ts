import {
  above0,
  duration,
  either,
  flag,
  line,
  lines,
  number,
  type OptionTable,
  oneOf,
  readOptions,
  section,
  size,
  text,
  texts,
  whole,
} from "../../core/options/option-table.js";
import { type Cluster, clusterFault, type SlurmOptions } from "./cluster.js";
import type { SimulateOptions } from "./simulate.js";

const clusterTable: OptionTable<Cluster> = {
  device: oneOf("CPU", "Ascend"),
  simulate: section("{ nodes: 64, devicesPerNode: 8 }"),
  nodes: texts("10.0.0.1", "10.0.0.2"),
  devicesPerNode: whole(1, 1024, 8),
  memoryPerDevice: size("64GB"),
  port: whole(1024, 65_535, 8118),
  python: line("/opt/mindformers/bin/python", "the path of a Python"),
  via: oneOf("ssh", "slurm", "this-machine"),
  hosts: texts("user@10.0.0.1:2222", "10.0.0.2"),
  hostfile: text("hosts.txt", "the path of a file"),
  sshConfig: text("ssh-config", "the path of a file"),
  workDir: text("/shared/runs", "an absolute path"),
  setup: text("/usr/local/Ascend/ascend-toolkit/set_env.sh", "an absolute path"),
  container: either(line("training", "the name of a container"), lines("podman", "exec", "-i", "training")),
  masterAddress: line("10.0.0.1", "a host name or an address"),
  slurm: section('{ partition: "npu" }'),
  nodeCount: whole(1, 65_536, 2),
};

const slurmTable: OptionTable<SlurmOptions> = {
  partition: line("npu"),
  account: line("research"),
  time: line("2-00:00:00", "a time limit as a text of one line"),
  gres: line("npu:8"),
  qos: line("high"),
  saveBefore: duration("5m"),
  requeue: flag,
  extra: lines("--exclude=node7"),
};

const simulateTable: OptionTable<SimulateOptions> = {
  nodes: whole(1, 1_000_000, 64),
  devicesPerNode: whole(1, 1024, 8),
  seed: whole(0, 0xffffffff, 7),
  faults: either(oneOf("llama3", "byterobust", "rsc", "rsc-jobs", "none"), {
    ...section(""),
    expected: "a table or a script",
    isRight: (value) => typeof value === "object" && value !== null,
  }),
  spares: whole(0, 1_000_000, 2),
  nodesPerRack: whole(1, 1_000_000, 16),
  repair: duration("6h"),
  report: duration("10s"),
  heartbeat: duration("30s"),
  join: duration("30s"),
  start: duration("2m"),
  compile: duration("3m"),
  save: duration("10s"),
  storage: section('{ capacity: "100TB", checkpoint: "8TB" }'),
  culprits: number(0, 1, 0.95),
  duration: duration("30d"),
  speed: above0(3600),
};

const storageTable: OptionTable<NonNullable<SimulateOptions["storage"]>> = {
  capacity: size("100TB"),
  checkpoint: size("8TB"),
};

/**
 * A plain copy of the options of a cluster and of the objects in it.
 * @throws CLUSTER_INVALID for an unknown option, a value of another kind, or an option that does not apply;
 * ARGUMENT_INVALID below `simulate`.
 */
export function readCluster(given: unknown): Cluster {
  const options = readOptions(given, clusterTable, { name: "cluster", code: "CLUSTER_INVALID" });
  const { slurm, simulate } = options;
  const cluster = {
    ...options,
    ...(slurm && { slurm: readOptions(slurm, slurmTable, { name: "cluster.slurm", code: "CLUSTER_INVALID" }) }),
    ...(simulate && { simulate: readSimulate(simulate) }),
  };
  refuseConflicts(cluster);
  return cluster;
}

function readSimulate(given: unknown): SimulateOptions {
  const place = { name: "cluster.simulate", code: "ARGUMENT_INVALID" } as const;
  const simulate = readOptions(given, simulateTable, place);
  const { storage } = simulate;
  if (storage === undefined) return simulate;
  return { ...simulate, storage: readOptions(storage, storageTable, { ...place, name: "cluster.simulate.storage" }) };
}

type Option = keyof Cluster;

/** Options of real nodes; a simulated cluster has its own. */
const real = [
  ...(["nodes", "devicesPerNode", "via", "hosts", "hostfile", "nodeCount", "slurm"] as const),
  ...(["sshConfig", "workDir", "setup", "container", "masterAddress", "port", "python"] as const),
] satisfies readonly Option[];

/**
 * Refuses options that don't apply to the way the nodes are started: a plan without them would not be the one that
 * was asked for.
 */
function refuseConflicts(given: Cluster): void {
  const refuse = (option: Option, expected: string, line: string) => {
    if (given[option] !== undefined) throw clusterFault(option, { expected, found: given[option], line });
  };
  if (given.simulate !== undefined) {
    const line = "cluster: { simulate: { nodes: 64, devicesPerNode: 8 } }";
    for (const option of real) refuse(option, `no ${option} beside simulate, which has its own nodes`, line);
    return;
  }
  const hosts = given.hosts ?? given.hostfile;
  const via = given.via ?? (hosts === undefined ? "local" : "ssh");
  if (via !== "slurm")
    refuse(
      "slurm",
      'no Slurm options unless via is "slurm"',
      'cluster: { device: "Ascend", via: "slurm", nodeCount: 4 }',
    );
  if (via === "ssh")
    refuse("nodeCount", "no nodeCount beside hosts, whose number counts", "remove nodeCount, or the hosts beyond it");
  if (via === "local")
    refuse(
      "nodeCount",
      'no nodeCount unless via is "slurm" or "this-machine"',
      `add via: "slurm", or name the nodes: cluster: { device: "Ascend", nodes: ["10.0.0.1", "10.0.0.2"] }`,
    );
  if (via !== "ssh") refuse("hostfile", 'no hostfile unless via is "ssh"', "remove hostfile or via");
}
