import { readFile } from "node:fs/promises";
import { dirname, join, posix, relative } from "node:path";
import { openCheckpoints } from "../../checkpoint/open/open.js";
import { openConfig } from "../../config/open.js";
import { CheckpointError, isLabError, LabError } from "../../core/error.js";
import { clusterOptions, type ResolvedCluster } from "../../plan/command/cluster.js";
import { nodeFolder } from "../../plan/command/command.js";
import { planRun } from "../../plan/plan-run.js";
import { hasRemoteFiles, remoteNodes } from "../nodes/open/open-nodes.js";
import { isTerminal } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import { runFolder } from "../record/name.js";
import { launcherOption } from "../record/node-command.js";
import { linkCheckpoint, type ResumePoint, requireResumable } from "../record/resume-point.js";
import type { Run } from "../run.js";
import { sharedReader } from "../run-reader.js";
import { rankNodes } from "../supervise/attempt.js";
import { lookAtSaved } from "../supervise/saved-files.js";
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
  if (hasRemoteFiles(run.description)) return newestOnNodes(run);
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

/** The newest recorded checkpoint whose files are complete on the nodes; the paths are those there. */
async function newestOnNodes(run: Run): Promise<ResumePoint> {
  const file = run.description;
  const reader = sharedReader(run.folder, file);
  await reader.status();
  const nodes = remoteNodes(file);
  try {
    const ranks = rankNodes(file, nodes);
    for (const event of [...reader.history.checkpoints].sort((a, b) => b.step - a.step)) {
      const found = await lookAtSaved(event, ranks);
      const place = (rank: number) => ranks.get(rank)?.folder ?? "";
      const files = found.files.map(({ rank, path }) => ({ rank, path: posix.join(place(rank), path) }));
      if (found.complete) return { step: event.step, complete: true, files };
    }
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
  throw new CheckpointError("RESUME_IMPOSSIBLE", `run ${run.name}: expected a checkpoint on its nodes, found none`, {
    hint: "launch anew, with a smaller save_checkpoint_steps",
  });
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
  const plan = await planRun(config, { cluster: clusterOptions(run.description.cluster as ResolvedCluster), onErrors });
  const [command] = run.description.commands;
  const workers = Number(command && launcherOption(command, "worker_num")) || 1;
  requireResumable(point, { workers, totalSteps: plan.totalSteps });
  const folder = relative(process.cwd(), dirname(run.folder)) || ".";
  return launch(
    plan,
    { name, folder, ...(signal && { signal }), ...(override !== undefined && { override }) },
    {
      parent: { name: run.name, folder: run.folder, step: point.step },
      overrides: {
        load_checkpoint: runPaths(nodeFolder(plan.cluster, runFolder(name, folder))).resume,
        resume_training: "True",
      },
      point,
      prepare: (temporary) => linkCheckpoint(point, join(temporary, "resume")),
    },
  );
}
