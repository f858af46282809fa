import { open } from "node:fs/promises";
import { type Program, sendSignal, startProgram } from "../../core/process.js";
import { type MarkedProcess, markedProcesses } from "../../core/process-table.js";
import type { NodeCommand } from "../../plan/command/command.js";
import { controlVariable, runMarker, runPaths } from "../record/layout.js";
import type { RunFile } from "../record/run-file.js";

/** Processes of a run that are alive on this machine: msrun, scheduler, workers and whatever they started. */
export function engineProcesses(folder: string): Promise<MarkedProcess[]> {
  return markedProcesses(runMarker, folder);
}

/** Rank of each living worker process by process id. */
export function workerRanks(processes: readonly MarkedProcess[]): Map<number, number> {
  const workers = processes.filter(
    ({ environment, command }) => environment.MS_ROLE === "MS_WORKER" && !/(^|\/)tail -f /.test(command),
  );
  return new Map(workers.map(({ pid, environment }) => [pid, Number(environment.RANK_ID ?? 0)]));
}

/** SIGKILL to every process of the run until none is left; returns those that survived `timeoutMs`. */
export async function killEngine(folder: string, timeoutMs = 10_000): Promise<readonly MarkedProcess[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const left = await engineProcesses(folder);
    if (left.length === 0 || Date.now() > deadline) return left;
    for (const { pid } of left) sendSignal(pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts msrun of this node with its output in logs/attempt-<n>/msrun.log. */
export async function startLauncher(folder: string, file: RunFile): Promise<Program> {
  const paths = runPaths(folder);
  const command = file.commands[file.localNode] as NodeCommand;
  const output = await open(paths.launcherLog(file.attempt), "a");
  try {
    return await startProgram({
      argv: command.argv,
      environment: { ...command.environment, [runMarker]: folder, [controlVariable]: paths.gracefulExit },
      cwd: folder,
      outputTo: output.fd,
    });
  } finally {
    await output.close();
  }
}
