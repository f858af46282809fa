import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { systemClock } from "../../core/clock.js";
import { isLabError, LabError, MachineError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import type { ResolvedCluster } from "../../plan/command/cluster.js";
import type { NodeCommand } from "../../plan/command/command.js";
import { hasDevices } from "../machine-facts.js";
import { sshNodes } from "../nodes/cluster-nodes.js";
import { inParallel } from "../nodes/in-parallel.js";
import { defaultPort, settlePort } from "../nodes/port.js";
import { type CheckablePlan, preflightOf } from "../nodes/preflight/check-cluster.js";
import { requireReady } from "../nodes/preflight/preflight.js";
import type { RemoteNode } from "../nodes/remote-node.js";
import { requireSlurm } from "../nodes/slurm/job.js";
import { layOutRequest } from "../record/lay-out.js";
import { launcherOption, ranksOf, withLauncherOption } from "../record/node-command.js";
import type { ResumePoint } from "../record/resume-point.js";
import type { RunFile } from "../record/run-file.js";
import type { LaunchablePlan } from "./launchable.js";
import { localNode } from "./local-node.js";

/** What a launch does on the machines before anything is started. */
export interface Starter {
  /** Position in the commands of the node that this machine is. */
  localNode(commands: readonly NodeCommand[]): number;
  /** Gives the commands a port that they can meet on. */
  settlePort(commands: readonly NodeCommand[]): Promise<readonly NodeCommand[]>;
  /** Throws unless every node that is to be started can be. */
  requireReady(commands: readonly NodeCommand[]): Promise<void>;
  /**
   * Reserves the run folder on node 0 for this launch. Returns that node if another machine runs the same training
   * there. Throws RUN_NAME_TAKEN if it is another training.
   */
  reserveFolder(file: RunFile): Promise<RemoteNode | undefined>;
  /** Gives the folder free again after a launch that failed. */
  releaseFolder(file: RunFile): Promise<void>;
  /** Lays out a checkpoint on other machines; false if it is to be laid out here. */
  layOutCheckpoint(commands: readonly NodeCommand[], point: ResumePoint): Promise<boolean>;
  close(): Promise<void>;
}

/** How the nodes of a plan are started: this machine's command only, or all nodes. */
export function starterOf(plan: LaunchablePlan, id: string): Starter {
  const via = (plan.cluster as Partial<ResolvedCluster>).access?.via ?? "local";
  if (via === "ssh") return new SshStarter(plan as LaunchablePlan & CheckablePlan, id);
  if (via === "slurm") return slurmStarter;
  const starter = via === "local" ? localStarter : thisMachineStarter;
  const { device } = plan.cluster as Partial<ResolvedCluster>;
  if (device !== "Ascend") return starter;
  const requireReady: Starter["requireReady"] = async (commands) => {
    await starter.requireReady(commands);
    await requireDevices();
  };
  return { ...starter, requireReady };
}

async function requireDevices(): Promise<void> {
  if (await hasDevices()) return;
  const message = `machine ${hostname()}: expected Ascend NPUs, found neither /dev/davinci* nor npu-smi`;
  throw new MachineError("DEVICE_MISSING", message, {
    hint: 'plan for this machine: cluster: { device: "CPU", devicesPerNode: 2 }; for others: cluster: { hosts: […] }',
  });
}

async function requireLauncher(command: NodeCommand | undefined): Promise<void> {
  const [launcher = ""] = command?.argv ?? [];
  await access(launcher, constants.X_OK).catch((cause: unknown) => {
    const found = `launcher ${launcher}: expected MindSpore's msrun, found no program there`;
    throw new MachineError("ENGINE_MISSING", found, { hint: "npm run setup", details: { launcher }, cause });
  });
}

const localStarter: Starter = {
  localNode: (commands) => localNode(commands),
  settlePort: (commands) => settlePort(commands),
  requireReady: (commands) => requireLauncher(commands[localNode(commands)]),
  reserveFolder: async () => undefined,
  releaseFolder: async () => undefined,
  layOutCheckpoint: async () => false,
  close: async () => undefined,
};

/** Starts every node here. */
const thisMachineStarter: Starter = {
  ...localStarter,
  localNode: () => 0,
  settlePort: (commands) => settlePort(commands, true),
  requireReady: (commands) => requireLauncher(commands[0]),
};

const slurmStarter: Starter = {
  localNode: () => 0,
  settlePort: async (commands) => commands,
  requireReady: requireSlurm,
  reserveFolder: async () => undefined,
  releaseFolder: async () => undefined,
  layOutCheckpoint: async () => false,
  close: async () => undefined,
};

/** Milliseconds between two looks at a launch from another machine that has not started yet. */
const reservedMs = 1000;

/** The launch that has reserved a run folder on node 0. */
interface Reservation {
  readonly run: string;
  readonly fingerprint: string | null;
  readonly from: string | null;
  readonly started: boolean;
}

function reservedByOther(name: string, { name: node, folder }: RemoteNode, { from }: Reservation): LabError {
  const found = `another training${from === null ? "" : `, launched from ${from}`}`;
  return new LabError("RUN_NAME_TAKEN", `run folder ${folder} on node ${node}: expected none, found ${found}`, {
    hint: `choose another name, or look at it: await openRun("ssh://${node}${folder}")`,
    details: { name, node, folder, from },
  });
}

/** Unreachable nodes that an error names. */
const mostNamed = 10;

/** If node 0 can't be reached: an error that names the others that can't be, too. */
async function withOtherNodes(error: unknown, nodes: readonly RemoteNode[]): Promise<unknown> {
  if (!isLabError(error) || error.code !== "NODE_UNREACHABLE") return error;
  const outcomes = await inParallel(nodes.slice(1), (node) => node.processes());
  const reasons: unknown[] = [error, ...outcomes.map((one) => (one.status === "rejected" ? one.reason : undefined))];
  const found = reasons.filter((reason) => isLabError(reason)).filter(({ code }) => code === "NODE_UNREACHABLE");
  const more = found.length > mostNamed ? [`- and ${found.length - mostNamed} more`] : [];
  const lines = [...found.slice(0, mostNamed).map(({ message }) => `- ${message}`), ...more];
  const title = `${found.length} of ${formatCount(nodes.length, "node")} can't be reached`;
  return new LabError("NODE_UNREACHABLE", found.length === 1 ? error.message : `${title}:\n${lines.join("\n")}`, {
    hint: `await checkCluster(plan) shows all nodes; ${error.hint}`,
    details: { ...error.details, nodes: found.map(({ details }) => details.node) },
    cause: error,
  });
}

class SshStarter implements Starter {
  readonly #plan: CheckablePlan;
  readonly #id: string;
  #nodes: readonly RemoteNode[] | undefined;

  constructor(plan: CheckablePlan, id: string) {
    this.#plan = plan;
    this.#id = id;
  }

  #open(commands: readonly NodeCommand[]): readonly RemoteNode[] {
    this.#nodes ??= sshNodes({ id: this.#id, commands, cluster: this.#plan.cluster as ResolvedCluster });
    return this.#nodes;
  }

  localNode(): number {
    return 0;
  }

  /**
   * From the default port upwards the first that is free on node 0; preflight looks at a port that the caller chose.
   */
  async settlePort(commands: readonly NodeCommand[]): Promise<readonly NodeCommand[]> {
    const port = Number(commands[0] && launcherOption(commands[0], "master_port"));
    if (port !== defaultPort) return commands;
    const [master] = this.#open(commands);
    const free = await master?.ask("freePort", { start: port }).catch(async (error: unknown) => {
      throw await withOtherNodes(error, this.#open(commands));
    });
    return commands.map((command) => withLauncherOption(command, "master_port", String(free ?? port)));
  }

  async requireReady(commands: readonly NodeCommand[]): Promise<void> {
    const port = Number(commands[0] && launcherOption(commands[0], "master_port")) || this.#plan.cluster.port;
    const plan = { ...this.#plan, cluster: { ...this.#plan.cluster, port } };
    requireReady(await preflightOf(this.#open(commands), plan, commands));
  }

  async reserveFolder({ id, name, fingerprint, commands }: RunFile): Promise<RemoteNode | undefined> {
    const [first] = this.#open(commands);
    if (!first) return undefined;
    const origin = `${userInfo().username}@${hostname()}`;
    for (;;) {
      const reserved = (await first.ask("reserve", { run: id, fingerprint, origin })) as Reservation;
      if (reserved.run === id) return undefined;
      if (reserved.fingerprint !== fingerprint) throw reservedByOther(name, first, reserved);
      if (reserved.started) return first;
      await systemClock.wait(reservedMs);
    }
  }

  async releaseFolder({ id, commands }: RunFile): Promise<void> {
    await this.#open(commands)[0]?.ask("release", { run: id });
  }

  async layOutCheckpoint(commands: readonly NodeCommand[], point: ResumePoint): Promise<boolean> {
    const nodes = this.#open(commands);
    const outcomes = await inParallel(nodes, (node) => {
      const command = commands.find(({ nodeRank }) => nodeRank === node.nodeRank) as NodeCommand;
      return node.ask("layOut", layOutRequest(point, ranksOf(command)));
    });
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === "rejected") throw outcome.reason;
      const missing = outcome.value as number[];
      if (missing.length === 0) continue;
      const { name } = nodes[index] as RemoteNode;
      throw new LabError(
        "RESUME_IMPOSSIBLE",
        `checkpoint of step ${point.step}: node ${name} lacks the files of ranks ${missing.join(", ")}`,
        { hint: `copy them to ${name}, or set cluster.workDir to shared storage`, details: { node: name, missing } },
      );
    }
    return true;
  }

  async close(): Promise<void> {
    await Promise.all((this.#nodes ?? []).map((node) => node.close()));
    this.#nodes = undefined;
  }
}
