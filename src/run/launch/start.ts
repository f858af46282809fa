import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isLabError, LabError } from "../../core/error.js";
import { EventLogWriter } from "../../core/event-log.js";
import { lastLines } from "../../core/lines.js";
import { sharedReader } from "../read/run-reader.js";
import type { RunStatus } from "../read/status.js";
import type { DecisionEvent } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import { eventsName } from "../record/record-reader.js";
import { type RunFile, writeRunFile } from "../record/run-file.js";
import { startSupervisor } from "../supervise/start/start-supervisor.js";
import { stopFile } from "../supervise/stop-request.js";
import { waitForRun } from "../wait.js";

/** Workers print their first line some seconds after msrun starts; on a busy machine it takes longer. */
const startTimeout = "5m";

/**
 * Writes everything that a run folder holds before its first start into `folder` (which may still have a temporary
 * name).
 */
export async function fillRunFolder(folder: string, file: RunFile, config: string): Promise<void> {
  const paths = runPaths(folder);
  const node = file.commands[file.localNode]?.nodeRank ?? 0;
  const folders = [
    paths.logs(file.attempt, node),
    paths.control,
    paths.output,
    paths.stacks,
    paths.events,
    paths.lease,
  ];
  for (const place of folders) await mkdir(place, { recursive: true });
  await writeFile(paths.config, config);
  await writeFile(paths.gracefulExit, stopFile(false));
  await rm(paths.stopRequest, { force: true });
  const decided = [...overrideEvents(file), ...resumeEvents(file)];
  if (decided.length > 0) await recordDecisions(join(paths.events, eventsName(0)), decided);
  await writeRunFile(folder, file);
}

function overrideEvents({ override, attempt }: RunFile): DecisionEvent[] {
  if (override === undefined) return [];
  const { reason, errors } = override;
  const about = errors.map(({ rule, path, message }) => `${rule}: ${path}: ${message}`);
  return [{ kind: "decision", time: Date.now(), attempt, decision: "override", reason, about }];
}

function resumeEvents({ certificate, parent, attempt }: RunFile): DecisionEvent[] {
  if (certificate === undefined || parent === undefined) return [];
  const doubtful = certificate.checks.filter(({ verdict }) => verdict !== "green");
  const reason = `continues ${parent.name} from step ${parent.step}; certificate ${certificate.verdict}`;
  const about = doubtful.map(({ what, found }) => `${what}: ${found}`);
  const base = { kind: "decision", time: Date.now(), attempt, decision: "resume" } as const;
  return [{ ...base, reason, about, fromStep: parent.step, certificate }];
}

/** The supervisor, which writes all other events, starts afterwards. */
async function recordDecisions(events: string, decided: readonly DecisionEvent[]): Promise<void> {
  const log = await EventLogWriter.open(events);
  try {
    await log.append([...decided], { durable: true });
  } finally {
    await log.close();
  }
}

/** Slurm may let a job wait for days. */
function isQueued({ state, message }: RunStatus): boolean {
  return state === "starting" && message.includes(" waits in Slurm's queue");
}

/**
 * Starts a prepared run folder and returns once the engine has started: a worker has written its first line. Throws
 * RUN_FAILED with the end of the log if the engine dies before that. A fired signal ends the waiting, not the run.
 */
export async function startRun(folder: string, file: RunFile, signal?: AbortSignal): Promise<RunStatus> {
  await startSupervisor(folder);
  const started = (status: RunStatus) => (status.state !== "starting" && status.state !== "lost") || isQueued(status);
  const options = { timeout: startTimeout, signal, pollMs: 100 };
  const reader = sharedReader(folder, file);
  return waitForRun(reader, started, options).catch(async (error: unknown) => {
    if (!isLabError(error) || error.code === "RUN_FAILED" || error.code === "CANCELLED") throw error;
    if (error.code === "RUN_WAIT_TIMEOUT") return reader.status();
    const tail = await lastLines(runPaths(folder).supervisorLog, 10);
    throw new LabError("RUN_LOST", `${error.message}\n${tail.join("\n")}`, { hint: error.hint, cause: error });
  });
}
