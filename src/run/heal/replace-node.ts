import { LabError } from "../../core/error.js";
import type { ResolvedCluster } from "../../plan/command/cluster.js";
import { firstTwice, hostKey, parseHost } from "../../plan/command/hosts.js";
import { withLauncherOption } from "../record/node-command.js";
import type { RunFile } from "../record/run-file.js";

function clusterOf(file: RunFile): ResolvedCluster | undefined {
  return file.cluster as ResolvedCluster | undefined;
}

/** True if spares can take part: only ssh reaches a machine by its name. */
export function takesSpares(file: RunFile): boolean {
  return clusterOf(file)?.access?.via === "ssh";
}

/** The spares of the policy that are neither in use nor dropped. */
export function sparesLeft(file: RunFile): readonly string[] {
  if (!takesSpares(file)) return [];
  const used = new Set([...file.commands.map(({ node }) => node), ...(file.dropped ?? [])].map(hostKey));
  const isFree = (spare: string) => !used.has(hostKey(parseHost(spare).host)) && !used.has(hostKey(spare));
  return (file.recovery?.spares ?? []).filter(isFree);
}

/** Spares are other machines than the hosts, each once. @throws ARGUMENT_INVALID, CLUSTER_INVALID for no host */
export function requireSpares(cluster: ResolvedCluster | undefined, spares: readonly string[] = []): void {
  if (cluster?.access?.via !== "ssh") return;
  const hosts = [...cluster.access.hosts, ...spares.map((spare) => parseHost(spare))];
  const [first, second] = (firstTwice(hosts) ?? []).map((at) => hosts[at]?.text);
  if (second === undefined) return;
  const same = first === second ? "" : `, which is the same as ${JSON.stringify(first)}`;
  const message = `recovery.spares: expected other machines than the hosts, each once, found "${second}"${same}`;
  throw new LabError("ARGUMENT_INVALID", message, { hint: `remove "${second}" from recovery.spares` });
}

/**
 * The run with a spare in the place of a node: commands, ssh host, and the master's address if it was node 0. Ranks
 * stay with the node_rank. Pure.
 */
export function withSpare(file: RunFile, dropNode: string, spare: string): RunFile {
  const cluster = clusterOf(file);
  const { access } = cluster ?? {};
  const index = file.commands.findIndex(({ node }) => node === dropNode);
  if (cluster === undefined || access === undefined || index < 0) return file;
  const host = parseHost(spare);
  const isMaster = file.commands[index]?.nodeRank === 0;
  const masterAddress = isMaster ? host.host : access.masterAddress;
  const replaced = <T>(list: readonly T[], value: T) => list.map((each, at) => (at === index ? value : each));
  const commands = file.commands.map((command, at) => {
    const moved = withLauncherOption(command, "master_addr", masterAddress);
    const { MS_TFT_IP: controller, ...environment } = moved.environment;
    const variables = { ...environment, ...(controller !== undefined && { MS_TFT_IP: masterAddress }) };
    return { ...moved, environment: variables, ...(at === index && { node: host.host }) };
  });
  return {
    ...file,
    commands,
    dropped: [...(file.dropped ?? []), dropNode],
    cluster: {
      ...cluster,
      nodes: replaced(cluster.nodes, host.host),
      access: { ...access, masterAddress, hosts: replaced(access.hosts, host) },
    },
  };
}
