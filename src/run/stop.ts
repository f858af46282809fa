import { CancelledError, LabError } from "../core/error.js";
import { EventLogWriter } from "../core/event-log.js";
import { sendSignal } from "../core/process.js";
import { isRunning } from "../core/process-identity.js";
import { parseDuration } from "../core/units.js";
import { isTerminal, type StateEvent } from "./record/events.js";
import { runPaths } from "./record/layout.js";
import { openLine } from "./record/name.js";
import type { RunReader } from "./run-reader.js";
import type { RunStatus } from "./status.js";
import { engineProcesses, killEngine } from "./supervise/engine.js";
import {
  nextStopAction,
  type StopProgress,
  type StopRequest,
  writeGracefulExit,
  writeStopRequest,
} from "./supervise/stop-request.js";
import { pause } from "./wait.js";

export interface StopOptions {
  /** True (default): the engine finishes its step, saves a checkpoint and exits. False: it is interrupted at once. */
  readonly graceful?: boolean;
  /** How long a graceful exit may take before the engine is interrupted, default `"2m"`. */
  readonly timeout?: string | number;
  /** Stops waiting for the end; the request stays. Default: the running cell's signal. */
  readonly signal?: AbortSignal | undefined;
}

/** A supervisor that has not done its work this long after the engine's time was over does not do it any more. */
const supervisorGraceMs = 30_000;

/** Stops a run whose supervisor is gone or hangs: the same steps, from here; the end is written down in the supervisor's place. */
async function stopUnsupervised(reader: RunReader, request: StopRequest, signal?: AbortSignal): Promise<void> {
  let progress: StopProgress = {};
  const launcher = reader.history.start?.launcher;
  while ((await engineProcesses(reader.folder)).length > 0) {
    if (signal?.aborted) throw new CancelledError(`stopping run ${reader.file.name}`);
    const now = Date.now();
    const action = nextStopAction(request, progress, now);
    if (action === "ask") {
      await writeGracefulExit(reader.folder, true);
      progress = { ...progress, askedAt: now };
    } else if (action === "interrupt") {
      if (launcher && isRunning(launcher)) sendSignal(launcher.pid, "SIGINT");
      progress = { ...progress, interruptedAt: now };
    } else if (action === "kill") break;
    await pause(100, signal);
  }
  const supervisor = reader.history.start?.supervisor;
  if (supervisor && isRunning(supervisor)) sendSignal(supervisor.pid, "SIGKILL");
  const events = await EventLogWriter.open(runPaths(reader.folder).events);
  const message = "stopped without its supervisor";
  const end: StateEvent = { kind: "state", time: Date.now(), attempt: reader.file.attempt, state: "stopped", message };
  await killEngine(reader.folder);
  await events.append([end], { durable: true });
  await events.close();
}

function notHere(reader: RunReader, status: RunStatus): LabError {
  const { name, host } = reader.file;
  return new LabError("RUN_NOT_STOPPED", `run ${name}: its supervisor on ${host} does not answer (${status.message})`, {
    hint: `on ${host}: await (${openLine(reader.folder)}).stop()`,
    details: { name, host },
  });
}

/** Stops a run and returns when no process of it is left; does nothing to a run that has ended. */
export async function stopRun(reader: RunReader, options: StopOptions): Promise<RunStatus> {
  const request: StopRequest = {
    requestedAt: Date.now(),
    graceful: options.graceful ?? true,
    timeoutMs: parseDuration(options.timeout ?? "2m", "timeout"),
  };
  let status = await reader.status();
  if (!isTerminal(status.state)) await writeStopRequest(reader.folder, request);
  const patience = request.requestedAt + (request.graceful ? request.timeoutMs : 0) + supervisorGraceMs;
  while (!isTerminal(status.state) && status.state !== "lost" && Date.now() < patience) {
    if (options.signal?.aborted) throw new CancelledError(`waiting for run ${status.name} to stop (the request stays)`);
    await pause(100, options.signal);
    status = await reader.status();
  }
  if (!isTerminal(status.state) && reader.elsewhere) throw notHere(reader, status);
  if (!isTerminal(status.state)) await stopUnsupervised(reader, request, options.signal);
  const left = await killEngine(reader.folder);
  if (left.length > 0) {
    const who = left.map(({ pid, command }) => `${pid} (${command.slice(0, 80)})`).join(", ");
    throw new LabError("RUN_NOT_STOPPED", `run ${status.name}: expected no process to be left, found ${who}`, {
      hint: `ps -o pid,stat,wchan,user,cmd -p ${left.map(({ pid }) => pid).join(",")}`,
      details: { pids: left.map(({ pid }) => pid) },
    });
  }
  return reader.status();
}
