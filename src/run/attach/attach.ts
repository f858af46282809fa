import { mkdir, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { systemClock } from "../../core/clock.js";
import { LabError } from "../../core/error.js";
import { RemoteNode } from "../nodes/remote-node.js";
import { sshConnector } from "../nodes/ssh.js";
import { runPaths } from "../record/layout.js";
import { runFolder } from "../record/name.js";
import { createFolderOnce } from "../record/new-folder.js";
import { type RunFile, readRunFile, writeRunFile } from "../record/run-file.js";
import type { RunAddress } from "./address.js";
import { pullRecord } from "./record-files.js";
import { type OwnWay, reachedFromHere, readRemoteRunFile, refreshRunFile, textOf } from "./run-description.js";

/** A run that another machine may supervise, with a folder of its own here. */
export interface AttachedRun {
  readonly folder: string;
  readonly file: RunFile;
}

/** Node 0 of a run at an address, for somebody who only looks. */
export function nodeAt(
  address: RunAddress,
  reach: { readonly sshConfig?: string; readonly python?: string },
): RemoteNode {
  const { host, folder } = address;
  const { sshConfig, python = "python3" } = reach;
  const access = { container: [], ...(sshConfig !== undefined && { sshConfig }) };
  const connector = sshConnector(access, host, { folder, nodeRank: 0, python });
  const from = `${userInfo().username}@${hostname()}`;
  return new RemoteNode({ name: host.text, nodeRank: 0, folder, run: "", from, connector });
}

/** The description of the run on a node, waiting for one that is being launched. @throws RUN_MISSING */
async function descriptionOn(node: RemoteNode, waitMs: number): Promise<RunFile> {
  const deadline = systemClock.elapsed() + waitMs;
  for (;;) {
    const file = await readRemoteRunFile(node);
    if (file) return file;
    if (systemClock.elapsed() >= deadline)
      throw new LabError("RUN_MISSING", `node ${node.name}: expected ${node.folder}/run.json, found none`, {
        hint: `look for the run: ssh ${node.name} ls ${node.folder}`,
        details: { node: node.name, folder: node.folder },
      });
    await systemClock.wait(500);
  }
}

/**
 * Gives a run of another machine a folder in `runs`, with the record as node 0 has it. Doing it again brings the folder
 * up to date only as far as a newer attempt goes: the supervisor that is started for it copies the rest.
 * @throws RUN_MISSING, RUN_NAME_TAKEN if the folder holds another run, NODE_UNREACHABLE
 */
export async function attachRun(
  node: RemoteNode,
  runs: string,
  { waitMs = 0, ...way }: OwnWay & { readonly waitMs?: number } = {},
): Promise<AttachedRun> {
  const there = await descriptionOn(node, waitMs);
  const folder = runFolder(there.name, runs);
  const file = { ...reachedFromHere(there, way), folder };
  await createFolderOnce(folder, async (temporary) => {
    const { control, events, metrics, lease, output, stacks, config } = runPaths(temporary);
    for (const place of [control, events, metrics, lease, output, stacks]) await mkdir(place, { recursive: true });
    await writeFile(config, (await textOf(node, "config.yaml")) ?? "");
    await writeRunFile(temporary, file);
    await pullRecord(node, temporary);
  });
  const here = await readRunFile(folder);
  if (here?.id !== file.id)
    throw new LabError("RUN_NAME_TAKEN", `run folder ${folder}: expected none or run ${file.id}, found another run`, {
      hint: 'choose another folder: openRun("ssh://…", { folder: "runs-elsewhere" })',
      details: { folder, name: file.name },
    });
  await refreshRunFile(node, folder);
  return { folder, file: (await readRunFile(folder)) ?? file };
}
