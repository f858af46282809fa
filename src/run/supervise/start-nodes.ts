import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessIdentity } from "../../core/liveness/process-identity.js";
import type { NodeStart, RunNode } from "../nodes/node.js";
import { changedConfig, marked } from "../nodes/open/attempt-ranks.js";
import { runPaths } from "../record/layout.js";
import { type RunFile, runFileText } from "../record/run-file.js";
import { stopFile } from "./stop-request.js";

interface Start {
  readonly file: RunFile;
  /** The run folder. */
  readonly folder: string;
}

/** Starts the launcher of an attempt on every node, or finds it running. Returns the launcher of the first node. */
export async function startNodes(nodes: readonly RunNode[], start: Start): Promise<ProcessIdentity | undefined> {
  const [first] = await Promise.all(nodes.map((node) => startNode(node, start)));
  return first;
}

async function startNode(node: RunNode, start: Start): Promise<ProcessIdentity> {
  const { file } = start;
  const command = file.commands.find(({ nodeRank }) => nodeRank === node.nodeRank);
  if (!command) throw new RangeError(`no command for node ${node.nodeRank}`);
  const files = await filesFor(node, start);
  return node.start({ attempt: file.attempt, command: marked(command, file, node.folder), files });
}

/** What the node must hold; node 0 also what another machine needs to find the run there. */
async function filesFor(node: RunNode, { file, folder }: Start): Promise<NodeStart["files"]> {
  const { nodeRank } = node;
  const changed = changedConfig(file, nodeRank);
  return [
    { path: "control/graceful_exit.json", text: stopFile(false) },
    { path: "config.yaml", text: await readFile(runPaths(folder).config, "utf8") },
    ...(changed === undefined ? [] : [{ path: changed, text: await readFile(join(folder, changed), "utf8") }]),
    ...(nodeRank === 0 ? [{ path: "run.json", text: runFileText({ ...file, folder: node.folder }) }] : []),
  ];
}
