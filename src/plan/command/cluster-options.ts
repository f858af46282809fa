import {
  above0,
  duration,
  either,
  flag,
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
import type { Cluster, SlurmOptions } from "./cluster.js";
import type { SimulateOptions } from "./simulate.js";

const clusterTable: OptionTable<Cluster> = {
  device: oneOf("CPU", "Ascend"),
  simulate: section("{ nodes: 64, devicesPerNode: 8 }"),
  nodes: texts("10.0.0.1", "10.0.0.2"),
  devicesPerNode: whole(1, 1024, 8),
  memoryPerDevice: size("64GB"),
  port: whole(1024, 65_535, 8118),
  python: text("/opt/mindformers/bin/python", "the path of a Python"),
  via: oneOf("ssh", "slurm", "this-machine"),
  hosts: texts("user@10.0.0.1:2222", "10.0.0.2"),
  hostfile: text("hosts.txt", "the path of a file"),
  sshConfig: text("ssh-config", "the path of a file"),
  workDir: text("/shared/runs", "an absolute path"),
  setup: text("/usr/local/Ascend/ascend-toolkit/set_env.sh", "an absolute path"),
  container: either(text("training", "the name of a container"), texts("podman", "exec", "-i", "training")),
  masterAddress: text("10.0.0.1", "a host name or an address"),
  slurm: section('{ partition: "npu" }'),
  nodeCount: whole(1, 65_536, 2),
};

const slurmTable: OptionTable<SlurmOptions> = {
  partition: text("npu"),
  account: text("research"),
  time: text("2-00:00:00", "a time limit as a text"),
  gres: text("npu:8"),
  qos: text("high"),
  saveBefore: duration("5m"),
  requeue: flag,
  extra: texts("--exclude=node7"),
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
 * @throws CLUSTER_INVALID for an unknown option or a value of another kind; ARGUMENT_INVALID below `simulate`.
 */
export function readCluster(given: unknown): Cluster {
  const cluster = readOptions(given, clusterTable, { name: "cluster", code: "CLUSTER_INVALID" });
  const { slurm, simulate } = cluster;
  return {
    ...cluster,
    ...(slurm && { slurm: readOptions(slurm, slurmTable, { name: "cluster.slurm", code: "CLUSTER_INVALID" }) }),
    ...(simulate && { simulate: readSimulate(simulate) }),
  };
}

function readSimulate(given: unknown): SimulateOptions {
  const place = { name: "cluster.simulate", code: "ARGUMENT_INVALID" } as const;
  const simulate = readOptions(given, simulateTable, place);
  const { storage } = simulate;
  if (storage === undefined) return simulate;
  return { ...simulate, storage: readOptions(storage, storageTable, { ...place, name: "cluster.simulate.storage" }) };
}
