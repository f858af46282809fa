import { existsSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../../core/error.js";

/**
 * The run folder, layout 2: everything about a run is in these files, and any process may read them at any moment.
 *
 *     runs/<name>/
 *       run.json                     RunFile: id, name, commands per node, fingerprints; written whole
 *       config.yaml                  the exact bytes given to the engine
 *       lease/<n>                    Lease: who supervises, and a beat; the highest number counts, a successor adds
 *                                    the next one
 *       events/launch.jsonl          RunEvent, one JSON object a line: what was decided before a supervisor started
 *       events/supervisor-<n>.jsonl  RunEvent, written only by the holder of lease n; its first event cuts what an
 *                                    older holder wrote late
 *       metrics/steps-<n>.bin        StepRecord, 96 bytes each (`step-table.ts`), written only by the holder of lease n
 *       logs/attempt-<k>/node-<m>/   scheduler.log, worker_<rank>.log (msrun writes them), msrun.log (its own output),
 *                                    stacks of hung ranks
 *       logs/supervisor.log          output of the supervisors
 *       seals/                       checksums of complete checkpoints
 *       output/                      what MindFormers writes: checkpoint/rank_<r>/, log/, strategy/
 *       control/stop.json            StopRequest, written by run.stop(), read by the supervisor
 *       control/graceful_exit.json   {"GracefulExit": 0|1}, read by the engine at every step
 *       control/save.json            {id, step}, written by run.saveNow(), read by the engine at every step
 *       control/save-answer.json     what the ranks did about it; save-notes/ holds what each rank has seen
 *       control/run-<k>.json         copy of run.json as attempt k was started with it
 *       control/standby.lock         the process that takes over when the supervisor dies
 *       resume/                      only in resumed runs: links to the checkpoint that the engine loads
 *
 * Layout 1 had one events.jsonl with the steps in it, no lease, and the logs directly in logs/attempt-<k>; it stays
 * readable. A later version may add files, fields, and event kinds; `layout` changes only when an old reader would be
 * wrong.
 */
export const layoutVersion = 2;

/**
 * Every process of a run has this variable in its environment; its value is the absolute path that the run folder had
 * at the launch.
 */
export const runMarker = "MF_LAB_RUN";

/** The same with the run's id, which a renamed folder keeps. */
export const idMarker = "MF_LAB_RUN_ID";

/** Number of the engine start that a process belongs to. */
export const attemptVariable = "MF_LAB_ATTEMPT";

/** Supervisors of layout 1 set the time of events.jsonl at least this often. */
export const signOfLifeMs = 20_000;

/** Tells the engine layer which file to watch for the request to save and exit. */
export const controlVariable = "MF_LAB_CONTROL";

/** Tells the engine layer where to write Python stacks: `<folder>/rank-<r>.txt`. */
export const stacksVariable = "MF_LAB_STACKS";

export interface RunPaths {
  readonly folder: string;
  readonly runFile: string;
  readonly config: string;
  readonly lease: string;
  readonly events: string;
  readonly metrics: string;
  readonly seals: string;
  readonly output: string;
  readonly checkpoints: string;
  readonly control: string;
  readonly stopRequest: string;
  readonly gracefulExit: string;
  readonly saveRequest: string;
  readonly saveAnswer: string;
  readonly stacks: string;
  readonly standby: string;
  readonly resume: string;
  readonly supervisorLog: string;
  /** Events of layout 1. */
  readonly oldEvents: string;
  runFileCopy(attempt: number): string;
  /** Folder of one attempt's logs on a node. */
  logs(attempt: number, node: number): string;
  workerLog(attempt: number, node: number, rank: number): string;
}

/** Where things are in the run folder `folder` (an absolute path). */
export function runPaths(folder: string, layout = layoutVersion): RunPaths {
  const logs = (attempt: number, node: number) =>
    join(folder, "logs", `attempt-${attempt}`, ...(layout === 1 ? [] : [`node-${node}`]));
  const control = join(folder, "control");
  return {
    folder,
    runFile: join(folder, "run.json"),
    config: join(folder, "config.yaml"),
    lease: join(folder, "lease"),
    events: join(folder, "events"),
    metrics: join(folder, "metrics"),
    seals: join(folder, "seals"),
    output: join(folder, "output"),
    checkpoints: join(folder, "output", "checkpoint"),
    control,
    stopRequest: join(control, "stop.json"),
    gracefulExit: join(control, "graceful_exit.json"),
    saveRequest: join(control, "save.json"),
    saveAnswer: join(control, "save-answer.json"),
    stacks: join(control, "stacks"),
    standby: join(control, "standby.lock"),
    resume: join(folder, "resume"),
    supervisorLog: join(folder, "logs", "supervisor.log"),
    oldEvents: join(folder, "events.jsonl"),
    runFileCopy: (attempt) => join(control, `run-${attempt}.json`),
    logs,
    workerLog: (attempt, node, rank) => join(logs(attempt, node), `worker_${rank}.log`),
  };
}

/** @throws LabError RUN_MISSING if there is no run folder at that path: what is written for it must not create one. */
export function requireFolder(folder: string): void {
  if (existsSync(folder)) return;
  throw new LabError("RUN_MISSING", `expected the run folder ${folder}, found none: it was moved or deleted`, {
    hint: "await listRuns()",
    details: { folder },
  });
}
