// The public functions of `run/`, each loaded at its first call. `src/DECISIONS.md` says why.
import type { DeleteOptions } from "../run/delete-runs.js";
import type { RunDeletion } from "../run/deletion.js";
import type { LaunchOptions } from "../run/launch/launch.js";
import type { LaunchablePlan } from "../run/launch/launchable.js";
import type { ResumeOptions } from "../run/launch/resume.js";
import type { Machine } from "../run/machine.js";
import type { CheckablePlan } from "../run/nodes/preflight/check-cluster.js";
import type { Preflight } from "../run/nodes/preflight/preflight.js";
import type { OpenOptions, OpenRemoteOptions } from "../run/open.js";
import type { Run } from "../run/run.js";
import type { ShownList } from "../view/shown-list.js";

/**
 * Looks for everything that training needs. Never throws for missing parts; says how to get them.
 *
 * @example
 * const { ready, checks } = await checkMachine();
 */
export async function checkMachine(): Promise<Machine> {
  const code = await import("../run/machine.js");
  return await code.checkMachine();
}

/**
 * Checks every node of a plan's cluster, as `launchRun` does before it starts anything: reachable, the same software
 * and data, clocks, port, disk, limits, names, storage, devices, and processes of earlier runs. Shows itself as a
 * table node × check.
 * Starts nothing.
 * @throws CLUSTER_INVALID for a plan whose nodes ssh does not reach
 *
 * @example
 * const plan = await planRun(await openConfig("pretrain_deepseek3_1b"), {
 *   cluster: { device: "Ascend", hosts: ["node-1", "node-2"], devicesPerNode: 8 },
 * });
 * await checkCluster(plan);
 */
export async function checkCluster(plan: CheckablePlan): Promise<Preflight> {
  const code = await import("../run/nodes/preflight/check-cluster.js");
  return await code.checkCluster(plan);
}

/**
 * Opens a run that exists, live or ended, whoever launched it. `ssh://host/path` opens one whose node 0 this machine
 * reaches by ssh: the run gets a folder here, which follows the record, and this machine supervises it when nobody
 * else does.
 * @throws RUN_MISSING with the names that exist; RUN_NAME_AMBIGUOUS if several folders have a run of that name.
 *
 * @example
 * const run = await openRun("first");
 * const { state, step } = await run.status();
 */
export async function openRun(name: string, options?: OpenRemoteOptions): Promise<Run> {
  const code = await import("../run/open.js");
  return await code.openRun(name, options);
}

/**
 * The runs of a folder, or all that are found from the working folder, newest first; shown as a table with their
 * states. The table also shows folders that can't be opened, with what is wrong.
 *
 * @example
 * const [newest] = await listRuns();
 * await newest?.status();
 */
export async function listRuns(options?: OpenOptions): Promise<ShownList<Run>> {
  const code = await import("../run/open.js");
  return await code.listRuns(options);
}

/**
 * Shows which runs would be deleted, with their sizes; `confirm()` of the result deletes them. Without a condition it
 * chooses no run. It never chooses live runs.
 *
 * @example
 * const deletion = await deleteRuns({ names: ["test-*"], olderThan: "7d" });
 * await deletion.confirm();
 */
export async function deleteRuns(options?: DeleteOptions): Promise<RunDeletion> {
  const code = await import("../run/delete-runs.js");
  return await code.deleteRuns(options);
}

/**
 * Starts a planned training and returns once the engine has started. The training does not depend on this process:
 * wait with `run.wait()`, look with `run.watch()`, open it again with `openRun(name)`.
 *
 * Running it again returns the same training, live or ended, and says so. It refuses another training under that name
 * (RUN_NAME_TAKEN). With `cluster.hosts` all nodes are checked and started by ssh; with `cluster.nodes` only the
 * command of this machine, and the run's card shows the others'. It refuses a plan with errors unless `override`
 * gives a reason, which run.json and events/launch.jsonl keep.
 * @throws PLAN_INVALID, RUN_NAME_ILLEGAL, RUN_NAME_TAKEN, PORT_IN_USE, ENGINE_MISSING, NODE_NOT_LOCAL,
 * CLUSTER_NOT_READY, NODE_UNREACHABLE; RUN_FAILED (with the end of the log) if the engine dies at once.
 *
 * @example
 * const plan = await planRun(await openConfig("pretrain_deepseek3_tiny_cpu"));
 * const run = await launchRun(plan, { name: "first" });
 * run.watch({ plots: ["loss"] });
 * await run.wait({ untilStep: 200, timeout: "2h" });
 */
export async function launchRun(plan: LaunchablePlan, options: LaunchOptions): Promise<Run> {
  const code = await import("../run/launch/launch.js");
  return await code.launchRun(plan, options);
}

/**
 * Continues an ended run as a new run: weights, optimizer state, loss scale, learning rate, and position in the data
 * come from a checkpoint, and the global step continues from it. Returns once the engine has started. Running it
 * again returns the run that the first call started; a run that did all its steps is returned itself. The old run
 * stays untouched.
 * @throws RUN_LIVE if the old run has not ended, RESUME_IMPOSSIBLE without a usable checkpoint, and what planRun and
 * launchRun throw.
 *
 * @example
 * const run = await openRun("first");
 * const next = await resumeRun(run, { set: { "lr_schedule.learning_rate": 1e-4 } });
 */
export async function resumeRun(run: Run, options?: ResumeOptions): Promise<Run> {
  const code = await import("../run/launch/resume.js");
  return await code.resumeRun(run, options);
}
