import { hostname, userInfo } from "node:os";
import type { ResolvedCluster } from "../../plan/command/cluster.js";
import type { NodeCommand } from "../../plan/command/command.js";
import { RemoteNode } from "./remote-node.js";
import { sshConnector } from "./ssh.js";
import { ownConnector } from "./this-machine.js";

/** What the backends need of a run. */
export interface ClusterRun {
  /** Identity of the run. */
  readonly id: string;
  readonly commands: readonly NodeCommand[];
  readonly cluster: ResolvedCluster;
  /** Identity of the supervisor that the nodes shall obey; absent for somebody who only looks. */
  readonly supervisor?: string;
}

/** Who launches, for messages on other machines. */
function launchedFrom(): string {
  return `${userInfo().username}@${hostname()}`;
}

/** The nodes of a run that ssh reaches, in the order of node_rank. Nothing is connected before it is asked. */
export function sshNodes({ id, commands, cluster, supervisor }: ClusterRun): RemoteNode[] {
  const { access, python } = cluster;
  return commands.map(({ node, nodeRank, folder }) => {
    const host = access?.hosts[nodeRank];
    if (access === undefined || host === undefined || folder === undefined)
      throw new Error(`node ${node}: the run has no host for it`);
    const connector = sshConnector(access, host, { folder, nodeRank, python });
    const about = { name: node, nodeRank, folder, run: id, from: launchedFrom(), connector };
    return new RemoteNode({ ...about, ...(supervisor !== undefined && { supervisor }) });
  });
}

/** The nodes that this machine plays, each behind a node program of its own. */
export function ownNodes({ id, commands, cluster, supervisor }: ClusterRun): RemoteNode[] {
  return commands.map(({ node, nodeRank, folder = "" }) => {
    const connector = ownConnector(node, { folder, nodeRank, python: cluster.python });
    const about = { name: node, nodeRank, folder, run: id, from: launchedFrom(), connector };
    return new RemoteNode({ ...about, ...(supervisor !== undefined && { supervisor }) });
  });
}
