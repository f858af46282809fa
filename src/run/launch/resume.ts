import { readFile } from "node:fs/promises";
import { dirname, join, posix, relative } from "node:path";
import { openCheckpoints } from "../../checkpoint/open/open.js";
import type { Config } from "../../config/config.js";
import { openConfig } from "../../config/open.js";
import { hasAll, requireArgument } from "../../core/arguments.js";
import { CheckpointError, isLabError, LabError } from "../../core/error.js";
import { callOptions } from "../../core/options/call-options.js";
import { unchecked } from "../../core/options/option-table.js";
import { formatCount } from "../../core/units.js";
import { clusterOptions, type ResolvedCluster } from "../../plan/command/cluster.js";
import { nodeFolder } from "../../plan/command/command.js";
import { planRun } from "../../plan/plan-run.js";
import { type RecoveryOptions, recoveryPolicy } from "../../recover/decide/policy.js";
import { show } from "../../view/show.js";
import { keepOffset, offsetAtStart } from "../heal/data-offset.js";
import { makeWhole } from "../heal/whole-point.js";
import { rankNodes } from "../nodes/open/attempt-ranks.js";
import { hasRemoteFiles, remoteNodes } from "../nodes/open/open-nodes.js";
import { lookAtSaved } from "../nodes/open/saved-files.js";
import { sharedReader } from "../read/run-reader.js";
import { isTerminal } from "../record/events.js";
import { identityChanges, restoringLine } from "../record/identity.js";
import { runPaths } from "../record/layout.js";
import { openLine, runFolder } from "../record/name.js";
import { launcherOption, strategyOverride } from "../record/node-command.js";
import { linkCheckpoint, type ResumePoint, requireResumable } from "../record/resume-point.js";
import { readRunConfig } from "../record/run-config.js";
import { type LaunchOverride, type RunFile, readRunFile } from "../record/run-file.js";
import { Run } from "../run.js";
import { type Certified, certifyResume, positionAfter, requireCertified, savedBatchOf } from "./certified.js";
import { changeWorkers, type WorkerChange } from "./change-workers.js";
import { softwareVersions } from "./describe-run.js";
import { identify } from "./identify.js";
import { type LaunchOptions, launch } from "./launch.js";
import type { LaunchablePlan } from "./launchable.js";
import { nextName, sameTrainingNote } from "./reuse.js";
import { requireSealed } from "./sealed.js";
import { requireUnchanged } from "./unchanged.js";

/** Options of `resumeRun`. */
export interface ResumeOptions {
  /** Default: the newest checkpoint that is complete on every rank. */
  readonly from?: ResumePoint;
  /** Changes to the configuration, by MindFormers' own paths: `{ "lr_schedule.learning_rate": 1e-4 }`. */
  readonly set?: Readonly<Record<string, unknown>>;
  /**
   * Another number of data-parallel workers on one node. The global batch stays if it divides by them; every sample
   * is seen exactly once either way, or the resume is refused with the arithmetic.
   */
  readonly workers?: number;
  /** Name of the new run; default: the old name with `-2` (`-3`, …) appended. */
  readonly name?: string;
  /** Stops waiting for the start, not the run; default: the running cell's signal. */
  readonly signal?: AbortSignal;
  /** The reason to continue although the plan has errors; see `launchRun`. */
  readonly override?: string;
  /** Recovery of the new run; default: that of the run that it continues. */
  readonly recovery?: RecoveryOptions;
  /** Losses after the resume to compare with the recorded ones; default 5. A run that deviates is ended. */
  readonly compareSteps?: number;
}

const resumeOptions = callOptions<ResumeOptions>({
  ...{ name: "resumeRun", example: 'await resumeRun(run, { name: "second" })' },
  table: {
    ...{ from: unchecked, set: unchecked, workers: unchecked, name: unchecked, signal: unchecked },
    ...{ override: unchecked, recovery: unchecked, compareSteps: unchecked },
  },
});

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
    return (await newestWhole(run)) ?? (await openCheckpoints(checkpoints)).latestComplete();
  } catch (error) {
    if (run.description.parent) return (await openCheckpoints(resume)).latestComplete();
    if (!isLabError(error)) throw error;
    throw new CheckpointError("RESUME_IMPOSSIBLE", `run ${run.name}: ${error.message}`, {
      hint: "launch again, with a smaller save_checkpoint_steps",
      cause: error,
    });
  }
}

/** A newer point than the latest complete one that replicas make whole, such as the last words of TTP. */
async function newestWhole({ folder, description }: Run): Promise<ResumePoint | undefined> {
  const worldSize = description.worldSize ?? 1;
  const { all } = await openCheckpoints(runPaths(folder).checkpoints, { ranks: worldSize });
  const config = await openConfig(await readFile(runPaths(folder).config, "utf8"));
  for (const point of [...all].sort((a, b) => b.step - a.step)) {
    if (point.complete) return undefined;
    const whole = await makeWhole(point, { folder, config, worldSize });
    if (!("point" in whole)) continue;
    show({ "text/plain": `checkpoint of step ${point.step}: ${whole.note}` });
    return whole.point;
  }
  return undefined;
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
    hint: "launch again, with a smaller save_checkpoint_steps",
  });
}

/** Compares data, tokenizer, configuration, and code with those of the launch; throws RUN_CHANGED without a reason. */
async function changesOf(run: Run, config: Config, override: string | undefined): Promise<LaunchOverride | undefined> {
  const { identity } = run.description;
  if (!identity) return undefined;
  const now = await identify(config, identity);
  const edited = now.config === identity.config ? [] : [`${runPaths(run.folder).config}: edited since the launch`];
  const changes = [...edited, ...identityChanges(identity, now)];
  const restore = restoringLine(identity, now);
  return requireUnchanged(run.name, changes, { override, call: "resumeRun(run, { … })", restore });
}

/** The work behind `resumeRun` in `on-demand/run.ts`. */
export async function resumeRun(run: Run, options: ResumeOptions = {}): Promise<Run> {
  requireArgument(hasAll(run, "folder", "description"), {
    ...{ call: "resumeRun", expected: "a run", found: run, example: 'resumeRun(await openRun("first"))' },
  });
  resumeOptions(options);
  requireArgument(options.from === undefined || hasAll(options.from, "step", "files"), {
    ...{ call: "resumeRun, from", expected: "a checkpoint", found: options.from },
    example: "await resumeRun(run, { from: checkpoints.latestComplete() })",
  });
  const { name = nextName(run.name), signal, override } = options;
  const text = await readRunConfig(run.name, run.folder);
  const config = await openConfig(text);
  for (const [path, value] of Object.entries(options.set ?? {})) config.set(path, value);
  const onErrors = override === undefined ? "throw" : "show";
  const [command] = run.description.commands;
  const saved = Number(command && launcherOption(command, "worker_num")) || 1;
  const { workers = saved } = options;
  const cluster = clusterOptions(run.description.cluster as ResolvedCluster);
  const change = workers === saved ? undefined : await workerChange(run, config, { ...options, workers, saved });
  const planned = () =>
    planRun(config, { cluster: change ? { ...cluster, devicesPerNode: workers } : cluster, onErrors });
  let plan = await planned();
  const kept = change?.source ?? options.from ?? (await pointAfterSkip(run, config));
  if (kept !== undefined && options.set?.data_skip_steps === undefined) {
    const { stepScale } = positionAfter(kept, { saved, wanted: workers }, plan.globalBatchSize);
    const about = { ...run.description, decisions: await run.decisions(), sameBatch: stepScale === 1 };
    if (keepOffset(config, kept.step, about)) plan = await planned();
  }
  const done = await doneBefore(run, { ...options, name }, plan);
  if (done) return done;
  await requireStopped(run);
  const source = kept ?? (await newestPoint(run));
  const point = change?.point ?? source;
  requireResumable(point, { workers, totalSteps: undefined });
  const whole = await nothingLeft(run, point, options.set);
  if (whole) return whole;
  const changed = await changesOf(run, await openConfig(text), override);
  await requireSealed(run, point);
  const { initialStep: step } = positionAfter(source, { saved, wanted: workers }, plan.globalBatchSize);
  requireResumable(point, { workers, totalSteps: plan.totalSteps, step });
  const certified = await certifyResume({
    ...{ run, point: source, before: await openConfig(text), after: plan.config },
    workers: { saved, wanted: workers },
    globalBatch: plan.globalBatchSize,
    totalSteps: plan.totalSteps,
    versions: softwareVersions(),
  });
  if (certified) requireCertified({ ...certified, ...(override !== undefined && { override }) });
  const folder = relative(process.cwd(), dirname(run.folder)) || ".";
  if (change) show({ "text/plain": change.note });
  return launch(
    plan,
    { name, folder, ...given({ signal, override, recovery: options.recovery }) },
    {
      ...(certified && continuationOf(run, certified, { steps: options.compareSteps, ahead: point.step - step })),
      parent: { name: run.name, folder: run.folder, step },
      ...(run.description.identity && { identity: run.description.identity }),
      ...(changed && { override: changed }),
      overrides: {
        load_checkpoint: runPaths(nodeFolder(plan.cluster, runFolder(name, folder))).resume,
        resume_training: "True",
        ...(command && strategyOverride(command, runPaths(run.folder).output)),
      },
      point,
      prepare: (temporary) => linkCheckpoint(point, join(temporary, "resume")),
    },
  );
}

/** The newest checkpoint, if the data of the run is ahead of its steps: the configuration depends on it then. */
async function pointAfterSkip(run: Run, config: Config): Promise<ResumePoint | undefined> {
  const ahead = run.description.dataOffset ?? offsetAtStart(config, run.description);
  return ahead === 0 ? undefined : newestPoint(run);
}

/** Options that are there. */
function given(
  options: {
    readonly [name in "signal" | "override" | "recovery"]: ResumeOptions[name] | undefined;
  },
): Partial<LaunchOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** `ahead`: the parent's step at the checkpoint minus that of the continuation. */
function continuationOf(
  run: Run,
  { certificate, changed }: Certified,
  { steps, ahead }: { readonly steps: number | undefined; readonly ahead: number },
) {
  const { recovery } = run.description;
  const { compareSteps: usual, tolerance } = recovery ?? recoveryPolicy();
  const compare = { steps: steps ?? usual, tolerance, changed, ...(ahead !== 0 && { ahead }) };
  return { certificate, compare, ...(recovery && { recovery }) };
}

/** A resume with another number of workers, with the configuration set for it. Only on one node. */
async function workerChange(
  run: Run,
  config: Config,
  options: ResumeOptions & { readonly workers: number; readonly saved: number },
): Promise<WorkerChange> {
  const { workers, saved, from } = options;
  const point = from ?? (await newestPoint(run));
  if (run.description.commands.length > 1) {
    const nodes = formatCount(run.description.commands.length, "node");
    const found = `checkpoint of step ${point.step}: the run uses ${nodes}`;
    throw new CheckpointError("RESUME_IMPOSSIBLE", `${found}; the number of workers can change on one node only`, {
      hint: `resume with ${saved} workers`,
    });
  }
  requireResumable(point, { workers: saved, totalSteps: undefined });
  return changeWorkers(config, point, { saved, wanted: workers, savedBatch: savedBatchOf(point) });
}

/** The run that the same call started before, if it lives or ended well: a cell run again starts no second training. */
async function doneBefore(
  run: Run,
  { name, from }: ResumeOptions & { readonly name: string },
  plan: LaunchablePlan,
): Promise<Run | undefined> {
  const folder = runFolder(name, dirname(run.folder));
  const file = await readRunFile(folder);
  if (file?.parent?.folder !== run.folder || (from !== undefined && from.step !== file.parent.step)) return undefined;
  const text = await readFile(runPaths(folder).config, "utf8").catch(() => undefined);
  if (text !== plan.config.text) return undefined;
  return returned(name, folder, {
    file,
    note: sameTrainingNote(await new Run(folder, file).status(), openLine(folder)),
  });
}

/** A run that did all its steps has nothing to resume, unless the caller changes something. */
async function nothingLeft(run: Run, point: ResumePoint, set: ResumeOptions["set"] = {}): Promise<Run | undefined> {
  const { state, step, totalSteps } = await run.status();
  if (state !== "finished" || point.step < totalSteps || Object.keys(set).length > 0) return undefined;
  const note = `finished all ${totalSteps} steps at step ${step}; nothing is left to resume, nothing was started`;
  return returned(run.name, run.folder, { file: run.description, note });
}

function returned(
  name: string,
  folder: string,
  about: { readonly file: RunFile; readonly note: string | undefined },
): Run | undefined {
  if (about.note === undefined) return undefined;
  show({ "text/plain": `run ${name}: ${about.note}` });
  return new Run(folder, about.file, about.note);
}
