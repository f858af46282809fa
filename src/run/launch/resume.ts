import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { openCheckpoints } from "../../checkpoint/open/open.js";
import { openConfig } from "../../config/open.js";
import { CheckpointError, isLabError, LabError } from "../../core/error.js";
import type { Cluster, ResolvedCluster } from "../../plan/command/cluster.js";
import { planRun } from "../../plan/plan-run.js";
import { isTerminal } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import { runFolder } from "../record/name.js";
import { launcherOption } from "../record/node-command.js";
import { linkCheckpoint, type ResumePoint, requireResumable } from "../record/resume-point.js";
import type { Run } from "../run.js";
import { launch } from "./launch.js";
import { nextName } from "./reuse.js";

export interface ResumeOptions {
  /** Default: the newest checkpoint that is complete on every rank. */
  readonly from?: ResumePoint;
  /** Changes to the configuration, by MindFormers' own paths: `{ "lr_schedule.learning_rate": 1e-4 }`. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Name of the new run; default: the old name with `-2` (`-3`, …) behind it. */
  readonly name?: string;
  /** Stops waiting for the start, not the run; default: the running cell's signal. */
  readonly signal?: AbortSignal;
  /** The reason to go on although the plan has errors; see launchRun. */
  readonly override?: string;
}

async function requireStopped(run: Run): Promise<void> {
  const status = await run.status();
  if (isTerminal(status.state) || (status.state === "lost" && status.processes === 0)) return;
  const found = `${status.state} at step ${status.step}`;
  throw new LabError("RUN_LIVE", `run ${run.name}: expected one that has ended, found it ${found}`, {
    hint: "await run.stop()",
    details: { name: run.name, state: status.state },
  });
}

/** The newest complete checkpoint of the run itself, else the one that it was resumed from. */
async function newestPoint(run: Run): Promise<ResumePoint> {
  const { checkpoints, resume } = runPaths(run.folder);
  try {
    return (await openCheckpoints(checkpoints)).latestComplete();
  } catch (error) {
    if (run.description.parent) return (await openCheckpoints(resume)).latestComplete();
    if (!isLabError(error)) throw error;
    throw new CheckpointError("RESUME_IMPOSSIBLE", `run ${run.name}: ${error.message}`, {
      hint: "launch anew, with a smaller save_checkpoint_steps",
      cause: error,
    });
  }
}

function clusterOf(run: Run): Cluster {
  const { memoryPerDevice, ...cluster } = run.description.cluster as ResolvedCluster;
  return { ...cluster, ...(memoryPerDevice !== undefined && { memoryPerDevice: `${memoryPerDevice}B` }) };
}

/**
 * Continues a run that has ended in a new run of its own: weights, optimizer state, loss scale, learning rate and
 * position in the data come from a checkpoint, and the global step goes on from it. Returns once the engine has
 * started; running it twice does no harm (see launchRun). The old run is not touched.
 * @throws RUN_LIVE if the old run has not ended, RESUME_IMPOSSIBLE without a usable checkpoint, and what planRun and
 * launchRun throw.
 */
export async function resumeRun(run: Run, options: ResumeOptions = {}): Promise<Run> {
  await requireStopped(run);
  const { name = nextName(run.name), signal, override } = options;
  const point = options.from ?? (await newestPoint(run));
  const config = await openConfig(await readFile(runPaths(run.folder).config, "utf8"));
  for (const [path, value] of Object.entries(options.set ?? {})) config.set(path, value);
  const onErrors = override === undefined ? "throw" : "show";
  const plan = await planRun(config, { cluster: clusterOf(run), onErrors });
  const [command] = run.description.commands;
  const workers = Number(command && launcherOption(command, "worker_num")) || 1;
  requireResumable(point, { workers, totalSteps: plan.totalSteps });
  const folder = relative(process.cwd(), dirname(run.folder)) || ".";
  return launch(
    plan,
    { name, folder, ...(signal && { signal }), ...(override !== undefined && { override }) },
    {
      parent: { name: run.name, folder: run.folder, step: point.step },
      overrides: { load_checkpoint: runPaths(runFolder(name, folder)).resume, resume_training: "True" },
      prepare: (temporary) => linkCheckpoint(point, join(temporary, "resume")),
    },
  );
}
