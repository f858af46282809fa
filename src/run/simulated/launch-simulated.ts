import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { systemClock } from "../../core/clock.js";
import { LabError } from "../../core/error.js";
import type { SimulateOptions } from "../../plan/command/simulate.js";
import { type RecoveryOptions, recoveryPolicy } from "../../recover/decide/policy.js";
import { Simulation } from "../../recover/simulate/simulation.js";
import { simulationSpec } from "../../recover/simulate/spec.js";
import { layoutVersion, runPaths } from "../record/layout.js";
import { LeaseWatch } from "../record/lease.js";
import { openLine } from "../record/name.js";
import { fingerprintOf, type RunFile, readRunFile, writeRunFile } from "../record/run-file.js";
import { startSupervisor } from "../supervise/start/start-supervisor.js";
import { writeSimulated } from "./record.js";

/** What a simulated run is made from. */
export interface SimulatedLaunch {
  readonly name: string;
  /** Absolute path of the run folder. */
  readonly folder: string;
  readonly config: string;
  readonly simulate: SimulateOptions;
  readonly cluster: unknown;
  readonly totalSteps: number | undefined;
  readonly tokensPerStep: number | undefined;
  readonly stepMs: number | undefined;
  readonly everySteps: number | undefined;
  readonly recovery: RecoveryOptions | undefined;
}

function needed(what: string, value: number | undefined, hint: string): number {
  if (value !== undefined) return value;
  throw new LabError("ARGUMENT_INVALID", `a simulated run: expected ${what} in the plan, found none`, { hint });
}

/** What became of the same simulation; one that nobody plays any more is played on. */
async function playedBefore(folder: string, file: RunFile): Promise<string> {
  if (file.playback === undefined) return "this simulation was already played";
  const state = await new LeaseWatch(() => runPaths(folder).lease, systemClock).look();
  if (state === "released") return "this simulation was already played";
  if (state !== "held") await startSupervisor(folder);
  return "this simulation is being played";
}

/**
 * Plays a whole training on a simulated cluster and writes its record as a real run has it. Takes seconds; with
 * `speed` another process plays it from now on. The same launch again finds the record and plays nothing.
 * @throws RUN_NAME_TAKEN if the folder holds another run, ARGUMENT_INVALID for a plan without step time or steps.
 */
export async function launchSimulated(launch: SimulatedLaunch): Promise<{ file: RunFile; note: string }> {
  const { name, folder, simulate } = launch;
  const stepMs = needed("a step time", launch.stepMs, 'planRun(config, { cluster, speed: { stepTime: "12s" } })');
  const totalSteps = needed("a number of steps", launch.totalSteps, "set train_dataset.data_loader.sizes.0");
  // Without recovery options a simulated run has the defaults: it would end at its first failure otherwise.
  const policy = recoveryPolicy(launch.recovery ?? {});
  const shape = JSON.stringify([launch.config, simulate, policy, stepMs, launch.everySteps]);
  const fingerprint = fingerprintOf(shape, [], folder);
  const existing = await readRunFile(folder);
  if (existing?.fingerprint === fingerprint) return { file: existing, note: await playedBefore(folder, existing) };
  if (existing !== undefined)
    throw new LabError("RUN_NAME_TAKEN", `run name ${name}: expected a new name, found a run of another training`, {
      hint: `name: "${name}-2" (or look at the old one: ${openLine(folder)})`,
    });
  const training = { totalSteps, stepMs, checkpointEverySteps: launch.everySteps ?? totalSteps };
  const simulation = new Simulation(simulationSpec(simulate, training, policy));
  const { speed } = simulate;
  if (speed === undefined) simulation.advance(Number.POSITIVE_INFINITY);
  const began = Date.now() - simulation.now;
  const perNode = simulation.spec.devicesPerNode;
  const file: RunFile = {
    ...{ layout: layoutVersion, id: randomUUID(), name, folder, host: hostname(), fingerprint },
    worldSize: simulation.spec.devices,
    createdAt: began,
    attempt: Math.max(1, simulation.attempt),
    totalSteps,
    ...(launch.tokensPerStep !== undefined && { tokensPerStep: launch.tokensPerStep }),
    lossRank: 0,
    localNode: 0,
    commands: [{ node: "node-0", nodeRank: 0, argv: ["simulated", `--local_worker_num=${perNode}`], environment: {} }],
    cluster: launch.cluster,
    versions: {},
    recovery: policy,
    ...(speed !== undefined && { playback: { speed, stepMs, everySteps: training.checkpointEverySteps } }),
  };
  await mkdir(folder, { recursive: true });
  try {
    if (speed === undefined) await writeSimulated(folder, simulation, began);
    await writeRunFile(folder, file);
    if (speed !== undefined) await startSupervisor(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return { file, note: `simulated: ${simulate.nodes} × ${perNode} devices that do not exist` };
}
