import { join } from "node:path";

/**
 * The run folder, version 1: everything about a run is in these files, and any process may read them at any moment.
 *
 *     runs/<name>/
 *       run.json                   RunFile: written whole (temporary file, rename) by launchRun, never by the supervisor
 *       config.yaml                the exact bytes given to the engine
 *       events.jsonl               RunEvent, one JSON object a line, append-only, written by the supervisor (by stop() once it is gone;
 *                                  before it starts, by launchRun: the decision to start a plan with errors);
 *                                  readers wait for the end of the last line and pass over kinds that they don't know
 *       logs/attempt-<n>/          scheduler.log, worker_<rank>.log (msrun writes them), msrun.log (its own output), supervisor.log
 *       output/                    what MindFormers writes: checkpoint/rank_<r>/, log/, strategy/
 *       control/stop.json          StopRequest, written by run.stop(), read by the supervisor
 *       control/graceful_exit.json {"GracefulExit": 0|1}, read by the engine at every step
 *       resume/                    only in resumed runs: links to the checkpoint that the engine loads
 *
 * A later version may add files, fields and event kinds; `layout` changes only when an old reader would be wrong.
 */
export const layoutVersion = 1;

/** Every process of a run has this variable in its environment; its value is the absolute path of the run folder. */
export const runMarker = "MF_LAB_RUN";

/** The supervisor sets the time of events.jsonl at least this often, so that readers on other machines see that it lives. */
export const signOfLifeMs = 20_000;

/** Tells the engine layer which file to watch for the request to save and exit. */
export const controlVariable = "MF_LAB_CONTROL";

export interface RunPaths {
  readonly folder: string;
  readonly runFile: string;
  readonly config: string;
  readonly events: string;
  readonly output: string;
  readonly checkpoints: string;
  readonly stopRequest: string;
  readonly gracefulExit: string;
  readonly resume: string;
  /** Folder of one attempt's logs. */
  logs(attempt: number): string;
  workerLog(attempt: number, rank: number): string;
  launcherLog(attempt: number): string;
}

/** Where things are in the run folder `folder` (an absolute path). */
export function runPaths(folder: string): RunPaths {
  const logs = (attempt: number) => join(folder, "logs", `attempt-${attempt}`);
  return {
    folder,
    runFile: join(folder, "run.json"),
    config: join(folder, "config.yaml"),
    events: join(folder, "events.jsonl"),
    output: join(folder, "output"),
    checkpoints: join(folder, "output", "checkpoint"),
    stopRequest: join(folder, "control", "stop.json"),
    gracefulExit: join(folder, "control", "graceful_exit.json"),
    resume: join(folder, "resume"),
    logs,
    workerLog: (attempt, rank) => join(logs(attempt), `worker_${rank}.log`),
    launcherLog: (attempt) => join(logs(attempt), "msrun.log"),
  };
}
