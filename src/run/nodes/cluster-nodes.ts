import { hostname, userInfo } from "node:os";
import type { ResolvedCluster } from "../../plan/command/cluster.js";
import { type NodeCommand, nodeEngineFolder } from "../../plan/command/command.js";
import { engineFiles } from "./program.js";
import { RemoteNode } from "./remote-node.js";
import { sshConnector } from "./ssh.js";

/** What the backends need of a run. */
export interface ClusterRun {
  /** Identity of the run. */
  readonly id: string;
  readonly commands: readonly NodeCommand[];
  readonly cluster: ResolvedCluster;
}

/** True if other machines are started, by ssh or by Slurm. */
export function startsOtherMachines(cluster: unknown): boolean {
  const via = (cluster as ResolvedCluster | undefined)?.access?.via ?? "local";
  return via !== "local";
}

/** Who launches, for messages on other machines. */
function launchedFrom(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** The nodes of a run that ssh reaches, in the order of node_rank. Nothing is connected before it is asked. */
export function sshNodes({ id, commands, cluster }: ClusterRun): RemoteNode[] {
  const { access, python } = cluster;
  return commands.map(({ node, nodeRank, folder }) => {
    const host = access?.hosts[nodeRank];
    if (access === undefined || host === undefined || folder === undefined)
      throw new Error(`node ${node}: the run has no host for it`);
    const connector = sshConnector(access, host, { folder, nodeRank, python });
    return new RemoteNode({ name: node, nodeRank, folder, run: id, from: launchedFrom(), connector });
  });
}

/** What a node must hold before msrun starts: configuration, engine layer, and the file that asks for a checkpoint. */
export function nodeFiles(nodeRank: number, config: string): { readonly path: string; readonly text: string }[] {
  return [
    { path: "config.yaml", text: config },
    { path: "control/graceful_exit.json", text: `${JSON.stringify({ GracefulExit: 0 })}\n` },
    ...engineFiles(nodeEngineFolder(nodeRank)),
  ];
}
