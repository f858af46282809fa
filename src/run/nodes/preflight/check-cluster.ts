import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { hasAll, requireArgument } from "../../../core/arguments.js";
import { LabError } from "../../../core/error.js";
import type { ResolvedCluster } from "../../../plan/command/cluster.js";
import type { CommandPlace, NodeCommand } from "../../../plan/command/command.js";
import { sshNodes } from "../cluster-nodes.js";
import type { RemoteNode } from "../remote-node.js";
import { type Preflight, preflight } from "./preflight.js";

/** The part of a plan that `checkCluster` needs; `planRun` makes it. */
export interface CheckablePlan {
  readonly cluster: ResolvedCluster;
  readonly disk: { readonly checkpointsBytes: number | undefined; readonly logBytes: number | undefined };
  /** Absolute paths of the files that the training reads. */
  readonly dataFiles: readonly string[];
  commands(place: CommandPlace): readonly NodeCommand[];
}

/** Asks nodes that are connected already, with the plan's needs and the environment of its commands. */
export function preflightOf(
  nodes: readonly RemoteNode[],
  plan: CheckablePlan,
  commands: readonly NodeCommand[],
): Promise<Preflight> {
  const { cluster, disk } = plan;
  const written = (disk.checkpointsBytes ?? 0) + (disk.logBytes ?? 0);
  return preflight(nodes, {
    device: cluster.device,
    devicesPerNode: cluster.devicesPerNode,
    port: cluster.port,
    masterAddress: cluster.access?.masterAddress ?? (cluster.nodes[0] as string),
    diskBytes: written > 0 ? written / nodes.length : undefined,
    mindIo: commands[0]?.environment.MINDIO_FOR_MINDSPORE === "1",
    python: cluster.python,
    environment: commands[0]?.environment ?? {},
    files: plan.dataFiles,
  });
}

/** The work behind `checkCluster` in `on-demand/run.ts`. */
export async function checkCluster(plan: CheckablePlan): Promise<Preflight> {
  const example = 'checkCluster(await planRun(config, { cluster: { hosts: ["node-1"], devicesPerNode: 8 } }))';
  requireArgument(hasAll(plan, "commands"), { call: "checkCluster", expected: "a plan", found: plan, example });
  const { access, nodes: names } = plan.cluster;
  if (access?.via !== "ssh") {
    const message = `checkCluster: expected a plan with hosts, which ssh reaches, found nodes ${names.join(", ")}`;
    throw new LabError("CLUSTER_INVALID", message, { hint: example });
  }
  const commands = plan.commands({ runFolder: resolve("runs", "preflight"), attempt: 1 });
  const nodes = sshNodes({ id: randomUUID(), commands, cluster: plan.cluster });
  try {
    return await preflightOf(nodes, plan, commands);
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}
