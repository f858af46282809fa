import { existsSync } from "node:fs";
import { CancelledError, LabError } from "../core/error.js";
import { EventLogWriter } from "../core/event-log.js";
import { callOptions, waiting } from "../core/options/call-options.js";
import { flag } from "../core/options/option-table.js";
import { parseDuration } from "../core/units.js";
import { openNodes, readNodes, startsAllNodes } from "./nodes/open/open-nodes.js";
import type { RunReader } from "./read/run-reader.js";
import type { RunStatus } from "./read/status.js";
import { copyError } from "./record/copied-folder.js";
import { isTerminal, type StateEvent } from "./record/events.js";
import { runPaths } from "./record/layout.js";
import { openLine } from "./record/name.js";
import { waitUntilSettled } from "./settled.js";
import { startSupervisor } from "./supervise/start/start-supervisor.js";
import { type StopRequest, writeStopRequest } from "./supervise/stop-request.js";

/** Options of `run.stop`. */
export interface StopOptions {
  /** True (default): the engine finishes its step, saves a checkpoint and exits. False: it is interrupted at once. */
  readonly graceful?: boolean;
  /** How long a graceful exit may take before the engine is interrupted, default `"2m"`. */
  readonly timeout?: string | number;
  /** Stops waiting for the end; the request stays. Default: the running cell's signal. */
  readonly signal?: AbortSignal | undefined;
}

export const stopOptions = callOptions<StopOptions>({
  ...{ name: "run.stop", example: 'await run.stop({ timeout: "2m" })' },
  table: { graceful: flag, ...waiting },
});

/** A run that nobody stopped this long after the engine's time was over is ended from here. */
const supervisorGraceMs = 45_000;
/** A supervisor that was started for the run needs some seconds to take the lease. */
const startMs = 10_000;

function notHere(reader: RunReader, status: RunStatus): LabError {
  const { name } = reader.file;
  const host = reader.elsewhere ?? reader.file.host;
  return new LabError("RUN_NOT_STOPPED", `run ${name}: its supervisor on ${host} does not answer (${status.message})`, {
    hint: `on ${host}: await (${openLine(reader.folder)}).stop()`,
    details: { name, host },
  });
}

/**
 * Waits until the supervisor has stopped the run. If nobody supervises it, a new supervisor is started, which carries
 * out the request.
 */
async function stopSupervised(reader: RunReader, request: StopRequest, signal?: AbortSignal): Promise<RunStatus> {
  const { clock } = reader;
  const patience = clock.elapsed() + (request.graceful ? request.timeoutMs : 0) + supervisorGraceMs;
  let startedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const status = await reader.status();
    if (isTerminal(status.state) || clock.elapsed() > patience || (await reader.isGone())) return status;
    if (signal?.aborted) throw new CancelledError(`waiting for run ${status.name} to stop (the request stays)`);
    if (status.state === "lost" && reader.file.layout === 1) return status;
    if (status.state === "lost" && clock.elapsed() > startedAt + startMs) {
      startedAt = clock.elapsed();
      await startSupervisor(reader.folder).catch(() => undefined);
    }
    await clock.wait(100, signal);
  }
}

/** Ends every process of the run. @throws LabError NODE_UNREACHABLE for a node that does not answer. */
async function endProcesses(reader: RunReader, ended: boolean): Promise<void> {
  const folder = () => reader.folder;
  // Nobody supervises a run that has ended: nobody else's orders are crossed.
  const nodes = ended ? readNodes(reader.file, folder) : openNodes(reader.file, folder);
  const graceMs = ended ? 0 : 5000;
  const left = (await Promise.all(nodes.map((node) => node.end({ graceMs })))).flat();
  await Promise.all(nodes.map((node) => node.close()));
  if (left.length === 0) return;
  const who = left.map(({ pid, command }) => `${pid} (${command.slice(0, 80)})`).join(", ");
  throw new LabError("RUN_NOT_STOPPED", `run ${reader.file.name}: expected no process to be left, found ${who}`, {
    hint: `ps -o pid,stat,wchan,user,cmd -p ${left.map(({ pid }) => pid).join(",")}`,
    details: { pids: left.map(({ pid }) => pid) },
  });
}

/** Layout 1 has no lease that a successor could take: the end is written down from here. */
async function endOldRun(reader: RunReader): Promise<void> {
  const events = await EventLogWriter.open(runPaths(reader.folder).oldEvents);
  const message = "stopped without its supervisor";
  const end: StateEvent = { kind: "state", time: Date.now(), attempt: reader.file.attempt, state: "stopped", message };
  await events.append([end], { durable: true });
  await events.close();
}

/** Waits for the folder of a run that may only be about to be moved; true if it stays away. */
async function isGone(reader: RunReader): Promise<boolean> {
  while (!existsSync(reader.folder)) {
    if (await reader.isGone()) return true;
    await reader.clock.wait(100);
  }
  return false;
}

/**
 * Stops a run and returns when no process of it is left; of a run that has failed it ends what is still there.
 * Of a run whose folder was removed it ends the processes and writes nothing. Throws RUN_COPIED for a copy of a run
 * folder.
 */
export async function stopRun(reader: RunReader, options: StopOptions): Promise<RunStatus> {
  const request: StopRequest = {
    requestedAt: Date.now(),
    graceful: options.graceful ?? true,
    timeoutMs: parseDuration(options.timeout ?? "2m", "timeout"),
  };
  let status = await reader.status();
  if (status.copyOf !== undefined) {
    if (isTerminal(status.state)) return status;
    throw copyError("run.stop", reader.file, { folder: reader.folder, original: status.copyOf });
  }
  if (!isTerminal(status.state) && !(await isGone(reader))) {
    const written = await writeStopRequest(reader.folder, request).then(
      () => true,
      () => false,
    );
    if (written) status = await stopSupervised(reader, request, options.signal);
  }
  if (!isTerminal(status.state) && reader.elsewhere !== undefined) throw notHere(reader, status);
  const ended = isTerminal(status.state);
  // The supervisor of several machines has looked at each of them, save at those that it could not reach.
  if (!ended || status.state === "failed" || !startsAllNodes(reader.file)) await endProcesses(reader, ended);
  if (status.state === "lost" && reader.file.layout === 1) await endOldRun(reader);
  await waitUntilSettled(reader);
  return reader.status();
}
