import type { ResolvedCluster } from "../../plan/command/cluster.js";
import type { ClusterHost } from "../../plan/command/hosts.js";
import type { RemoteNode } from "../nodes/remote-node.js";
import { type RunFile, readRunFile, writeRunFile } from "../record/run-file.js";

const mostBytes = 1 << 19;

/** A small file of the node as text; undefined if there is none. */
export async function textOf(node: RemoteNode, path: string): Promise<string | undefined> {
  const bytes = await node.read(path, { offset: 0, length: mostBytes });
  return bytes && Buffer.from(bytes).toString("utf8");
}

/** run.json of node 0; undefined if there is none yet. */
export async function readRemoteRunFile(node: RemoteNode): Promise<RunFile | undefined> {
  const text = await textOf(node, "run.json");
  return text === undefined ? undefined : (JSON.parse(text) as RunFile);
}

/** How this machine reaches the nodes, where it differs from the launching machine. */
export interface OwnWay {
  readonly sshConfig?: string | undefined;
  /** Host of node 0. */
  readonly first?: ClusterHost | undefined;
}

/** The run as it is described on this machine. */
export function reachedFromHere(file: RunFile, { sshConfig, first }: OwnWay): RunFile {
  const cluster = file.cluster as ResolvedCluster;
  const { access } = cluster;
  if (!access) return file;
  const { sshConfig: _, ...rest } = access;
  const hosts = first === undefined ? access.hosts : [first, ...access.hosts.slice(1)];
  return {
    ...file,
    cluster: { ...cluster, access: { ...rest, hosts, ...(sshConfig !== undefined && { sshConfig }) } },
  };
}

/** Takes over the description of a newer attempt that another machine has started. */
export async function refreshRunFile(node: RemoteNode, folder: string): Promise<void> {
  const [there, here] = await Promise.all([readRemoteRunFile(node), readRunFile(folder)]);
  if (!there || !here || there.id !== here.id || there.attempt <= here.attempt) return;
  const { access } = here.cluster as ResolvedCluster;
  const way = { sshConfig: access?.sshConfig, first: access?.hosts[0] };
  await writeRunFile(folder, { ...reachedFromHere(there, way), folder: here.folder ?? folder });
}
