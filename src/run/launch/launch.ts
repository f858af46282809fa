import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { hasAll, requireArgument } from "../../core/arguments.js";
import { isLabError, LabError } from "../../core/error.js";
import { callOptions } from "../../core/options/call-options.js";
import { unchecked } from "../../core/options/option-table.js";
import type { ResolvedCluster } from "../../plan/command/cluster.js";
import type { Certificate } from "../../recover/certificate/certificate.js";
import { type RecoveryOptions, type RecoveryPolicy, recoveryPolicy } from "../../recover/decide/policy.js";
import { jupyterHost } from "../../view/display-contract.js";
import { show } from "../../view/show.js";
import { attachRun } from "../attach/attach.js";
import { requireSpares } from "../heal/replace-node.js";
import { startsAllNodes } from "../nodes/open/open-nodes.js";
import type { RemoteNode } from "../nodes/remote-node.js";
import { sharedReader } from "../read/run-reader.js";
import { copyError, originalOf } from "../record/copied-folder.js";
import { identityChanges, type RunIdentity, restoringLine } from "../record/identity.js";
import { runPaths } from "../record/layout.js";
import { readLease } from "../record/lease.js";
import { defaultFolder, openLine, runFolder } from "../record/name.js";
import { createFolderOnce } from "../record/new-folder.js";
import type { ResumePoint } from "../record/resume-point.js";
import { type LaunchOverride, type RunFile, type RunParent, readRunFile } from "../record/run-file.js";
import { Run } from "../run.js";
import { launchSimulated } from "../simulated/launch-simulated.js";
import { startSupervisor } from "../supervise/start/start-supervisor.js";
import { waitForSupervisor } from "../wait.js";
import { describeRun } from "./describe-run.js";
import { identify } from "./identify.js";
import { withLaunchLock } from "./launch-lock.js";
import type { LaunchablePlan } from "./launchable.js";
import { requireSoundPlan } from "./plan-errors.js";
import { reuseOf, trainingDifferences } from "./reuse.js";
import { fillRunFolder, startRun } from "./start.js";
import { type Starter, starterOf } from "./starter.js";
import { joinOverrides, requireUnchanged } from "./unchanged.js";

/** Options of `launchRun`. */
export interface LaunchOptions {
  /** Name of the run and of its folder: letters, digits, dots, hyphens, underscores. */
  readonly name: string;
  /** Folder of all runs, default `"runs"` beside the notebook. */
  readonly folder?: string;
  /** Stops waiting for the start, not the run; default: the running cell's signal. */
  readonly signal?: AbortSignal;
  /** The reason to start a plan that has errors (made with `onErrors: "show"`); it is recorded in the run folder. */
  readonly override?: string;
  /**
   * Automatic recovery: restarts after failures and hangs, and goes back to an earlier checkpoint after NaN. `{}`
   * takes all defaults: 4 restarts without a new checkpoint in between. Default: off; a failed run stays failed.
   */
  readonly recovery?: RecoveryOptions;
}

const example = 'launchRun(await planRun(config), { name: "first" })';

const launchOptions = callOptions<LaunchOptions>({
  ...{ name: "launchRun", example },
  table: { name: unchecked, folder: unchecked, signal: unchecked, override: unchecked, recovery: unchecked },
});

/** What a launch needs besides the plan when it continues another run. */
export interface Continuation {
  /** Of the run that is continued; its unchanged files are not read again. */
  readonly identity?: RunIdentity;
  /** Why it is continued although something has changed. */
  readonly override?: LaunchOverride;
  readonly parent: RunParent;
  readonly overrides: Readonly<Record<string, string>>;
  readonly point: ResumePoint;
  /** What was proved of it. */
  readonly certificate?: Certificate;
  readonly compare?: NonNullable<RunFile["compare"]>;
  /** How the continued run heals itself, unless the caller says otherwise. */
  readonly recovery?: RecoveryPolicy;
  /** Puts the checkpoint's links into the new run folder while it still has a temporary name. */
  prepare(temporary: string): Promise<void>;
}

/** Everything of launchRun and resumeRun; `continuation` only in the latter. */
export async function launch(plan: LaunchablePlan, options: LaunchOptions, continuation?: Continuation): Promise<Run> {
  requireArgument(hasAll(plan, "commands"), { call: "launchRun", expected: "a plan", found: plan, example });
  requireArgument(hasAll(options, "name"), {
    call: "launchRun",
    expected: "options with a name",
    found: options,
    example,
  });
  if (!continuation) launchOptions(options);
  const { name, folder: runs = defaultFolder, signal = jupyterHost()?.signal } = options;
  const folder = runFolder(name, runs);
  const reasons = [requireSoundPlan(plan.errors ?? [], options.override), continuation?.override];
  // Who asked for fault tolerance that does not exist here gets what there is.
  const healing = options.recovery === undefined && plan.tolerance?.refused !== undefined ? {} : options.recovery;
  const recovery = healing !== undefined ? recoveryPolicy(healing) : continuation?.recovery;
  if (healing !== undefined) requireSpares(plan.cluster as ResolvedCluster, recovery?.spares);
  const simulated = await simulatedRun(plan, folder, options);
  if (simulated) return simulated;
  const existing = await readRunFile(folder);
  const id = existing?.id ?? randomUUID();
  const starter = starterOf(plan, id);
  const describe = async (attempt: number, settle: boolean, before?: RunFile): Promise<RunFile> => {
    const lease = before && (await readLease(runPaths(folder).lease))?.lease.number;
    const overrides = continuation?.overrides ?? {};
    const planned = plan.commands({ runFolder: folder, attempt, overrides });
    const commands = settle ? await starter.settlePort(planned) : planned;
    const identity = await identify(plan.config, before?.identity ?? continuation?.identity);
    const changed = before && settle ? changesSince(before, identity, options.override) : undefined;
    const override = joinOverrides([...reasons, changed]);
    const extra = {
      ...(continuation && { parent: continuation.parent }),
      ...(continuation?.certificate && { certificate: continuation.certificate }),
      ...(continuation?.compare && { compare: continuation.compare }),
      ...(override && { override }),
      ...(lease && { lease }),
      ...(recovery && { recovery }),
    };
    const about = { id: before?.id ?? id, name, folder, attempt, identity, localNode: starter.localNode(commands) };
    return describeRun(plan, commands, { ...about, ...extra });
  };
  const how = { options, starter, describe, config: plan.config.text, signal };
  try {
    return existing ? await again(existing, folder, how) : await first(folder, how, continuation);
  } finally {
    await starter.close();
  }
}

/** A run on a cluster that does not exist; undefined if the plan's cluster does. */
async function simulatedRun(
  plan: LaunchablePlan,
  folder: string,
  { name, recovery }: LaunchOptions,
): Promise<Run | undefined> {
  const { cluster, totalSteps, tokensPerStep, config } = plan;
  const { simulate } = cluster;
  if (!simulate) return undefined;
  const { file, note } = await launchSimulated({
    ...{ name, folder, simulate, cluster, totalSteps, tokensPerStep, recovery },
    config: config.text,
    stepMs: plan.duration?.stepMs,
    everySteps: plan.disk?.everySteps,
  });
  return new Run(folder, file, note);
}

interface How {
  readonly options: LaunchOptions;
  readonly starter: Starter;
  readonly config: string;
  readonly signal: AbortSignal | undefined;
  describe(attempt: number, settle: boolean, before?: RunFile): Promise<RunFile>;
}

async function first(folder: string, how: How, continuation?: Continuation): Promise<Run> {
  const file = await how.describe(1, true);
  const elsewhere = await how.starter.reserveFolder(file);
  if (elsewhere) return attachTo(elsewhere, folder, { ...how, file });
  const won = await createRunFolder(folder, { ...how, file }, continuation).catch(async (error: unknown) => {
    await how.starter.releaseFolder(file).catch(() => undefined);
    throw error;
  });
  if (!won) {
    const winner = await readRunFile(folder);
    if (winner) return again(winner, folder, how);
    throw new LabError("RUN_NAME_TAKEN", `run folder ${folder}: expected a new folder, found one that is not a run`, {
      hint: "choose another name",
      details: { folder },
    });
  }
  await startRun(folder, file, how.signal);
  return new Run(folder, file, othersNote(file));
}

/** Checks the nodes and makes the run folder; false if another launch was faster. */
async function createRunFolder(
  folder: string,
  { starter, config, file }: How & { readonly file: RunFile },
  continuation?: Continuation,
): Promise<boolean> {
  await starter.requireReady(file.commands);
  return createFolderOnce(folder, async (temporary) => {
    if (continuation && !(await starter.layOutCheckpoint(file.commands, continuation.point)))
      await continuation.prepare(temporary);
    await fillRunFolder(temporary, file, config);
  });
}

/** Another machine has launched the same training: this one follows it, and takes over if it must. */
async function attachTo(node: RemoteNode, folder: string, how: How & { readonly file: RunFile }): Promise<Run> {
  const { access } = how.file.cluster as ResolvedCluster;
  const way = { sshConfig: access?.sshConfig, first: access?.hosts[0] };
  const attached = await attachRun(node, dirname(folder), way);
  await startSupervisor(folder);
  await waitForSupervisor(sharedReader(folder, attached.file));
  return again(attached.file, folder, how);
}

/** The reason to go on although something changed since the run was described; throws RUN_CHANGED without one. */
function changesSince(before: RunFile, now: RunIdentity, override: string | undefined): LaunchOverride | undefined {
  const changes = before.identity ? identityChanges(before.identity, now) : [];
  const call = `launchRun(plan, { name: ${JSON.stringify(before.name)}, … })`;
  const restore = before.identity && restoringLine(before.identity, now);
  return requireUnchanged(before.name, changes, { override, call, restore });
}

function othersNote(file: RunFile): string | undefined {
  const others = file.commands.length - 1;
  if (others === 0 || startsAllNodes(file)) return undefined;
  return `started on this node only; the other ${others} nodes wait for their commands`;
}

/** What another training of the same name has different; empty if it is the same, or its configuration is lost. */
async function differencesFrom(
  existing: RunFile,
  folder: string,
  now: { readonly file: RunFile; readonly config: string },
): Promise<string[]> {
  if (existing.fingerprint === now.file.fingerprint) return [];
  const config = await readFile(runPaths(folder).config, "utf8").catch(() => undefined);
  try {
    return config === undefined ? [] : trainingDifferences({ file: existing, config }, now);
  } catch (error) {
    if (isLabError(error)) return [];
    throw error;
  }
}

async function again(existing: RunFile, folder: string, how: How): Promise<Run> {
  const open = openLine(folder);
  const status = await sharedReader(folder, existing).status();
  const wanted = await how.describe(existing.attempt, false, existing);
  const differences = await differencesFrom(existing, folder, { file: wanted, config: how.config });
  const reuse = reuseOf(status, existing, { fingerprint: wanted.fingerprint, open, differences });
  if (reuse.action === "return") {
    if (wanted.identity) changesSince(existing, wanted.identity, how.options.override);
    show({ "text/plain": `run ${existing.name}: ${reuse.note}` });
    return new Run(folder, existing, reuse.note);
  }
  const original = originalOf(existing, folder);
  if (original !== undefined) throw copyError("launchRun", existing, { folder, original });
  return withLaunchLock(folder, existing.name, async () => {
    const newest = (await readRunFile(folder)) ?? existing;
    reuseOf(await sharedReader(folder, newest).status(), newest, { fingerprint: wanted.fingerprint, open });
    const file = await how.describe(newest.attempt + 1, true, newest);
    await how.starter.requireReady(file.commands);
    await fillRunFolder(folder, file, how.config);
    await startRun(folder, file, how.signal);
    return new Run(folder, file, `attempt ${file.attempt}: attempt ${newest.attempt} had failed without a checkpoint`);
  });
}

/** The work behind `launchRun` in `on-demand/run.ts`. */
export function launchRun(plan: LaunchablePlan, options: LaunchOptions): Promise<Run> {
  return launch(plan, options);
}
