import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { LabError } from "../../core/error.js";
import type { Cluster } from "./cluster.js";
import { parseHostFile } from "./hosts.js";

/**
 * Replaces `hostfile` by the hosts in it. Slots become `devicesPerNode` where that is not given; all nodes need the
 * same number.
 * @throws FILE_MISSING, CLUSTER_INVALID
 */
export async function withHostFile(cluster: Cluster | undefined): Promise<Cluster | undefined> {
  if (cluster?.hostfile === undefined) return cluster;
  const { hostfile, ...rest } = cluster;
  if (rest.hosts !== undefined)
    throw new LabError("CLUSTER_INVALID", "cluster: expected hosts or a hostfile, found both", {
      hint: "remove one of them",
    });
  const path = resolve(hostfile);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new LabError("FILE_MISSING", `host file ${path}: expected a file that can be read`, {
      hint: `check the path; relative paths start at ${process.cwd()}`,
      cause,
    });
  });
  const hosts = parseHostFile(text, path);
  const slots = [...new Set(hosts.map((host) => host.slots).filter((count) => count !== undefined))];
  if (slots.length > 1 && rest.devicesPerNode === undefined)
    throw new LabError("CLUSTER_INVALID", `host file ${path}: expected equal slots, found ${slots.join(", ")}`, {
      hint: `msrun starts as many workers on every node: cluster: { …, devicesPerNode: ${Math.min(...slots)} }`,
    });
  return {
    ...rest,
    hosts: hosts.map((host) => host.text),
    ...(rest.devicesPerNode === undefined && slots[0] !== undefined && { devicesPerNode: slots[0] }),
  };
}
