import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { systemClock } from "../../core/clock.js";
import { thisProcess } from "../../core/liveness/process-identity.js";
import type { SimulateOptions } from "../../plan/command/simulate.js";
import { Simulation } from "../../recover/simulate/simulation.js";
import { simulationSpec } from "../../recover/simulate/spec.js";
import type { RunEvent, StepRecord } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import type { Lease } from "../record/lease.js";
import { RecordReader } from "../record/record-reader.js";
import { type RunFile, timeOfRun, writeRunFile } from "../record/run-file.js";
import { stepLines } from "../simulated/log-lines.js";
import { allEvents, stepRecords } from "../simulated/record.js";
import { Keeper } from "./keeper.js";
import { Recorder } from "./recorder.js";
import type { Place } from "./start/place.js";
import { readStopRequest } from "./stop-request.js";

/** Milliseconds between two portions. */
const paceMs = 200;
/** Steps of a portion whose lines the logs hold: at a high speed the logs of all steps would fill the disk. */
const loggedSteps = 20;

/** The whole simulated run; the same one however often it is made. */
function played({ cluster, playback, totalSteps = 1, recovery }: RunFile): Simulation {
  const { simulate } = cluster as { readonly simulate: SimulateOptions };
  const { stepMs = 1, everySteps: checkpointEverySteps = totalSteps } = playback ?? {};
  const simulation = new Simulation(simulationSpec(simulate, { totalSteps, stepMs, checkpointEverySteps }, recovery));
  simulation.advance(Number.POSITIVE_INFINITY);
  return simulation;
}

/** Times of the newest event and the newest step in the record; before all time if there is none. */
async function recordedUntil(folder: () => string, file: RunFile): Promise<{ events: number; steps: number }> {
  const reader = new RecordReader(folder, file.layout);
  await reader.read();
  const { state, checkpoints, decisions, notes } = reader.history;
  const newest = [state, checkpoints.at(-1), decisions.at(-1), notes.at(-1)];
  const { steps } = await reader.newest(1);
  const timeOf = (each: { readonly time: number } | undefined) => each?.time ?? Number.NEGATIVE_INFINITY;
  return { events: Math.max(...newest.map(timeOf)), steps: timeOf(steps.at(-1)) };
}

/** Hands out what has happened up to a moment, once. */
class Script {
  readonly #events: RunEvent[];
  readonly #steps: Iterator<StepRecord>;
  #step: IteratorResult<StepRecord>;

  constructor(file: RunFile, after: { readonly events: number; readonly steps: number }) {
    const simulation = played(file);
    this.#events = allEvents(simulation, file.createdAt);
    this.#steps = stepRecords(simulation, file.createdAt);
    this.#step = this.#steps.next();
    this.#eventsUntil(after.events);
    this.#stepsUntil(after.steps);
  }

  get over(): boolean {
    return this.#events.length === 0;
  }

  until(time: number): { readonly events: RunEvent[]; readonly steps: StepRecord[] } {
    return { events: this.#eventsUntil(time), steps: this.#stepsUntil(time) };
  }

  #eventsUntil(time: number): RunEvent[] {
    const later = this.#events.findIndex((event) => event.time > time);
    return this.#events.splice(0, later < 0 ? this.#events.length : later);
  }

  #stepsUntil(time: number): StepRecord[] {
    const steps: StepRecord[] = [];
    for (; !this.#step.done && this.#step.value.time <= time; this.#step = this.#steps.next())
      steps.push(this.#step.value);
    return steps;
  }
}

/** Lines of the newest steps for the ranks of the first node. */
async function writeLogs(folder: string, steps: readonly StepRecord[], perNode: number): Promise<void> {
  for (const record of steps.slice(-loggedSteps))
    for (let rank = 0; rank < perNode; rank += 1) {
      const path = runPaths(folder).workerLog(record.attempt, 0, rank);
      await mkdir(dirname(path), { recursive: true });
      await appendFile(path, `${stepLines(record, rank).join("\n")}\n`);
    }
}

/**
 * Plays a simulated run at its speed, until its end or a stop, and writes down what happens as the supervisor of a
 * real run does. A successor goes on where the record ends. Returns the last message.
 */
export async function playBack(place: Place, lease: Lease, first: RunFile): Promise<string> {
  let file = first;
  const recorder = await Recorder.open(place.at, lease, { attempt: file.attempt, clock: systemClock });
  const note = (text: string) => recorder.note(text);
  const keeper = new Keeper({ place, lease, clock: systemClock, file: () => file, processes: () => 0, note });
  const keeping = keeper.keep();
  const { devicesPerNode = 8 } = (file.cluster as { readonly simulate: SimulateOptions }).simulate;
  try {
    const script = new Script(file, await recordedUntil(() => place.at, file));
    let message = "";
    while (!keeper.lost && !script.over) {
      const now = timeOfRun(file, systemClock.now());
      const { events, steps } = script.until(now);
      const attempt = Math.max(file.attempt, ...events.map((event) => event.attempt));
      if (attempt > file.attempt) {
        file = { ...file, attempt };
        await writeRunFile(place.at, file);
      }
      await writeLogs(place.at, steps, devicesPerNode);
      const stopped = !script.over && (await readStopRequest(place.at)) !== undefined;
      if (stopped) events.push({ kind: "state", time: now, attempt, state: "stopped", message: "stopped on request" });
      await recorder.record(events.map(supervised), { steps: steps.map((record) => ({ record, logOffset: 0 })) });
      const last = events.at(-1);
      if (last?.kind === "state") message = last.message ?? message;
      if (stopped) break;
      await systemClock.wait(script.over ? 0 : paceMs);
    }
    if (keeper.lost) throw keeper.lost;
    keeper.end();
    await keeping;
    await recorder.close();
    await lease.release();
    return message;
  } finally {
    keeper.end();
    await keeping;
  }
}

/** Readers look at the process that began an attempt. */
function supervised(event: RunEvent): RunEvent {
  return event.kind === "state" && event.state === "starting" ? { ...event, supervisor: thisProcess() } : event;
}
