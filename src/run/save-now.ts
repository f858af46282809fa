import { readFile } from "node:fs/promises";
import type { Checkpoint } from "../checkpoint/open/checkpoint.js";
import { openCheckpoints } from "../checkpoint/open/open.js";
import { openConfig } from "../config/open.js";
import { CancelledError, LabError } from "../core/error.js";
import { writeFileAtomic } from "../core/files.js";
import { callOptions, waiting } from "../core/options/call-options.js";
import { parseDuration } from "../core/units.js";
import { hasRemoteFiles } from "./nodes/open/open-nodes.js";
import type { RunReader } from "./read/run-reader.js";
import { isLive, type RunStatus } from "./read/status.js";
import { runPaths } from "./record/layout.js";
import { readRunConfig } from "./record/run-config.js";

/** Options of `run.saveNow`. */
export interface SaveNowOptions {
  /** How long the save may take until it is recorded, default `"10m"`. */
  readonly timeout?: string | number;
  /** Stops waiting; the request stays. Default: the running cell's signal. */
  readonly signal?: AbortSignal | undefined;
}

export const saveNowOptions = callOptions<SaveNowOptions>({
  ...{ name: "run.saveNow", example: 'await run.saveNow({ timeout: "10m" })', table: waiting },
});

/** What rank 0 writes at the step of a request (`extensions/engine`, `save_request.py`). */
interface SaveAnswer {
  readonly id: string;
  readonly step: number;
  /** False if some rank saw the request too late; then no rank saves. */
  readonly saves: boolean;
  readonly noted: number;
  readonly ranks: number;
}

/** The request names a step that no rank reaches before it has seen the request. */
const aheadMs = 3000;
const fewestSteps = 2;
/** Each attempt looks four times as far ahead. */
const attempts = 3;
const lookMs = 200;

/** The step that a request names: so far ahead that every rank sees the request before it. */
export function stepAhead(step: number, stepTimeMs: number | undefined, attempt: number): number {
  const steps = stepTimeMs === undefined || stepTimeMs <= 0 ? fewestSteps : Math.ceil(aheadMs / stepTimeMs);
  return step + Math.max(fewestSteps, steps) * 4 ** attempt;
}

/**
 * Saves a checkpoint of a live run at the next step that all ranks can agree on, and returns it once it is recorded. If
 * the training ends before that step, returns the one that it saves at its end.
 */
export async function saveNow(reader: RunReader, options: SaveNowOptions): Promise<Checkpoint> {
  const { clock, file, folder } = reader;
  const timeoutMs = parseDuration(options.timeout ?? "10m", "timeout");
  const waiting = { deadline: clock.elapsed() + timeoutMs, signal: options.signal };
  await requireSaving(reader);
  let answer: SaveAnswer | undefined;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { step, totalSteps } = await requireLive(reader);
    const stepTimeMs = (await reader.steps()).slice(-1)[0]?.stepTimeMs;
    const wanted = Math.min(stepAhead(step, stepTimeMs, attempt), totalSteps || Number.POSITIVE_INFINITY);
    const request = { id: String(Date.now()), step: wanted };
    await writeFileAtomic(runPaths(folder).saveRequest, `${JSON.stringify(request)}\n`);
    const outcome = await untilSaved(reader, request, waiting);
    if (typeof outcome === "number")
      return (await openCheckpoints(runPaths(folder).checkpoints, { ranks: file.worldSize ?? 1 })).at(outcome);
    answer = outcome;
  }
  throw notSaved(reader, `${answer?.noted} of ${answer?.ranks} ranks saw the request before step ${answer?.step}`);
}

/** The step of the recorded checkpoint, or the answer that the ranks could not agree. */
async function untilSaved(
  reader: RunReader,
  { id, step }: { readonly id: string; readonly step: number },
  { deadline, signal }: { readonly deadline: number; readonly signal: AbortSignal | undefined },
): Promise<number | SaveAnswer> {
  const { clock, file, folder } = reader;
  for (;;) {
    const status = await reader.status();
    const answer = await answerOf(runPaths(folder).saveAnswer, id);
    if (answer?.saves === false) return answer;
    const saved = answer?.step ?? (isLive(status) ? undefined : status.checkpointStep);
    if (saved !== undefined && reader.history.checkpoints.some((event) => event.step === saved)) return saved;
    if (!isLive(status)) throw notSaved(reader, `the run is ${status.state} at step ${status.step}`);
    if (signal?.aborted) throw new CancelledError(`waiting for a checkpoint of run ${file.name}`);
    if (clock.elapsed() > deadline)
      throw notSaved(reader, `step ${step} was requested, found step ${status.step} at the timeout`);
    await clock.wait(lookMs, signal);
  }
}

async function answerOf(path: string, id: string): Promise<SaveAnswer | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const answer = JSON.parse(text) as SaveAnswer;
  return answer.id === id ? answer : undefined;
}

async function requireLive(reader: RunReader): Promise<RunStatus> {
  const status = await reader.status();
  if (isLive(status)) return status;
  throw notSaved(reader, `the run is ${status.state} at step ${status.step}`);
}

/** What the engine needs in order to save on request. */
async function requireSaving(reader: RunReader): Promise<void> {
  if (hasRemoteFiles(reader.file)) {
    const found = "its nodes have control folders of their own, so the ranks can't agree on a step";
    throw notSaved(reader, found, "await run.stop() saves; resumeRun(run) continues");
  }
  const config = await openConfig(await readRunConfig(reader.file.name, reader.folder));
  const callbacks = config.get("callbacks");
  const saves = Array.isArray(callbacks) && callbacks.some((entry) => entry?.type === "CheckpointMonitor");
  if (!saves)
    throw notSaved(reader, "its configuration has no callback CheckpointMonitor", "config.saving({ every: 500 })");
}

function notSaved({ file }: RunReader, found: string, hint = "await run.status()"): LabError {
  return new LabError("RUN_NOT_SAVED", `run ${file.name}: expected a checkpoint on request, but ${found}`, {
    hint,
    details: { name: file.name },
  });
}
