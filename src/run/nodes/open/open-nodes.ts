import { randomUUID } from "node:crypto";
import type { Clock } from "../../../core/clock.js";
import type { ClusterAccess, ResolvedCluster } from "../../../plan/command/cluster.js";
import { originalOf } from "../../record/copied-folder.js";
import { idMarker, runMarker } from "../../record/layout.js";
import type { RunFile } from "../../record/run-file.js";
import { ownNodes, sshNodes } from "../cluster-nodes.js";
import { LocalNode } from "../local/local-node.js";
import type { RunNode } from "../node.js";
import type { RemoteNode } from "../remote-node.js";
import { SlurmNode } from "../slurm/slurm-node.js";
import { SlurmRun } from "../slurm/slurm-run.js";

/**
 * Variable and value by which the processes of a run are found on a machine. The id is not enough for a copy of the run
 * folder, which has the same one: the processes of the original are not its own.
 */
function markerOf(file: RunFile, folder: string): readonly [key: string, value: string] {
  const byFolder = file.id === undefined || originalOf(file, folder) !== undefined;
  return byFolder ? [runMarker, folder] : [idMarker, file.id as string];
}

function via(file: RunFile): ClusterAccess["via"] {
  return (file.cluster as ResolvedCluster | undefined)?.access?.via ?? "local";
}

/** True if all nodes of the run are started from here. */
export function startsAllNodes(file: RunFile): boolean {
  return via(file) !== "local";
}

/** True if the files of the run may lie on other machines only. Nodes of other kinds share a storage with this one. */
export function hasRemoteFiles(file: RunFile): boolean {
  return via(file) === "ssh";
}

/** This machine as a node of the run. */
export function localNodeOf(file: RunFile, folder: () => string, clock?: Clock): LocalNode {
  const { node = "localhost", nodeRank = 0 } = file.commands[file.localNode] ?? {};
  return new LocalNode({ name: node, nodeRank, folder, marker: markerOf(file, folder()), ...(clock && { clock }) });
}

/** The nodes that a node program answers for. */
export function remoteNodes(file: RunFile, supervisor?: string): RemoteNode[] {
  const { id = "", commands } = file;
  const cluster = file.cluster as ResolvedCluster;
  const run = { id, commands, cluster, ...(supervisor !== undefined && { supervisor }) };
  return via(file) === "ssh" ? sshNodes(run) : ownNodes(run);
}

function slurmNodes(file: RunFile, supervisor?: string): SlurmNode[] {
  const { id = "", name, attempt, commands } = file;
  const cluster = file.cluster as ResolvedCluster;
  const holds = file.recovery !== undefined;
  const about = { id, name, attempt, commands, cluster, holds };
  const run = new SlurmRun({ ...about, ...(supervisor !== undefined && { supervisor }) });
  return commands.map(({ nodeRank }) => new SlurmNode(run, nodeRank));
}

/**
 * The nodes whose processes the supervisor of this folder starts and watches. From their start on they obey this
 * supervisor only.
 */
export function openNodes(file: RunFile, folder: () => string, supervisor: string = randomUUID()): readonly RunNode[] {
  const way = via(file);
  if (way === "local") return [localNodeOf(file, folder)];
  return way === "slurm" ? slurmNodes(file, supervisor) : remoteNodes(file, supervisor);
}

/** All nodes of the run that can be asked from here, for somebody who only looks at them. */
export function readNodes(file: RunFile, folder: () => string): readonly RunNode[] {
  const way = via(file);
  if (way === "local") return [localNodeOf(file, folder)];
  return way === "slurm" ? slurmNodes(file) : remoteNodes(file);
}

/** The nodes whose files can be looked at without a connection. */
export function nodesAtHand(file: RunFile, folder: () => string): readonly RunNode[] {
  if (via(file) === "ssh") return [];
  if (via(file) === "local") return [localNodeOf(file, folder)];
  return file.commands.map((_, index) => localNodeOf({ ...file, localNode: index }, folder));
}
