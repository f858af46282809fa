import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { formatEvent } from "../../core/event-log.js";
import { gradNormAt, lossAt } from "../../recover/simulate/loss-law.js";
import type { Simulation } from "../../recover/simulate/simulation.js";
import type { RunEvent, StepRecord } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import { eventsName, stepsName } from "../record/record-reader.js";
import { encodeStep } from "../record/step-table.js";
import { stepLines } from "./log-lines.js";

/** Steps whose lines a log of a rank holds. */
const loggedSteps = 2000;

/** Losses that a finding names, by attempt and step: where damage showed. */
function shownLosses(simulation: Simulation): ReadonlyMap<string, number> {
  const shown = new Map<string, number>();
  for (const { finding, attempt } of simulation.decisions)
    for (const line of finding.evidence) {
      const match = /^step (\d+): loss ([\d.]+|NaN)/.exec(line);
      if (match) shown.set(`${attempt}/${match[1]}`, Number(match[2]));
    }
  return shown;
}

/** Every step that was done, also those that were done again. `began`: time of day of the start, milliseconds. */
export function* stepRecords(simulation: Simulation, began: number): Generator<StepRecord> {
  const { law, totalSteps } = simulation.spec;
  const shown = shownLosses(simulation);
  for (const event of simulation.events) {
    if (event.kind !== "steps" || event.toStep < event.fromStep) continue;
    const stepMs = (event.end - event.start) / (event.toStep - event.fromStep + 1);
    for (let step = event.fromStep; step <= event.toStep; step += 1)
      yield {
        time: began + event.start + (step - event.fromStep + 1) * stepMs,
        attempt: event.attempt,
        step,
        totalSteps,
        epoch: 1,
        loss: shown.get(`${event.attempt}/${step}`) ?? lossAt(law, step),
        gradNorm: gradNormAt(law, step),
        stepTimeMs: stepMs,
      };
  }
}

/** Events of the run as a supervisor would have written them. */
function recordEvents(simulation: Simulation, began: number): RunEvent[] {
  const { events, decisions, spec } = simulation;
  const all: RunEvent[] = [];
  let attempt = 1;
  let stepping = 0;
  for (const event of events) {
    const time = began + (event.kind === "steps" ? event.start : event.time);
    if (event.kind === "start") {
      attempt = event.attempt;
      all.push({ kind: "state", time, attempt, state: "starting" });
    } else if (event.kind === "ready") {
      all.push({ kind: "state", time, attempt, state: "preparing" });
      all.push({ kind: "note", time, attempt, text: "Starting Training Model" });
    } else if (event.kind === "steps" && stepping !== attempt) {
      stepping = attempt;
      all.push({ kind: "state", time, attempt, state: "training" });
    } else if (event.kind === "checkpoint") {
      const { step, seconds } = event;
      all.push({ kind: "checkpoint", time, attempt, step, seconds, fileEpoch: 1, fileStep: step, ranks: spec.devices });
    }
  }
  for (const { time, attempt: at, action, finding, reason, delayMs, skip } of decisions) {
    const about = [finding.summary, ...finding.evidence.slice(-4)];
    const more = { finding: { ...finding, since: began + finding.since, time: began + finding.time, evidence: [] } };
    all.push({
      kind: "decision",
      time: began + time,
      attempt: at,
      decision: action,
      ...{ reason, about, delayMs },
      ...more,
      ...(skip && { skip }),
    });
  }
  return all.sort((a, b) => a.time - b.time);
}

function lastEvents(simulation: Simulation, time: number): RunEvent[] {
  const { attempt, step, state, spec, decisions } = simulation;
  const place = `step ${step} of ${spec.totalSteps}`;
  if (state !== "failed") {
    const over = step >= spec.totalSteps;
    const message = over ? `finished at ${place}` : `the simulated time is over at ${place}`;
    return [{ kind: "state", time, attempt, state: over ? "finished" : "stopped", message }];
  }
  const message = `${decisions.at(-1)?.finding.summary ?? "failed"} (${place})`;
  return [
    { kind: "fault", time, attempt, message, logTail: [] },
    { kind: "state", time, attempt, state: "failed", message },
  ];
}

/** All events of the run and its end, in the order of time. `began`: milliseconds since the epoch. */
export function allEvents(simulation: Simulation, began: number): RunEvent[] {
  return [...recordEvents(simulation, began), ...lastEvents(simulation, began + simulation.now)];
}

/**
 * Writes a simulated run into its folder: events, steps, and logs of some ranks. `began`: milliseconds since the
 * epoch.
 */
export async function writeSimulated(folder: string, simulation: Simulation, began: number): Promise<void> {
  const { events, metrics, workerLog } = runPaths(folder);
  await Promise.all([mkdir(events, { recursive: true }), mkdir(metrics, { recursive: true })]);
  const written = allEvents(simulation, began);
  await writeFile(join(events, eventsName(1)), written.map((event) => `${formatEvent(event)}\n`).join(""));
  const file = createWriteStream(join(metrics, stepsName(1)));
  let newest: StepRecord[] = [];
  for (const record of stepRecords(simulation, began)) {
    newest.push(record);
    if (newest.length > 2 * loggedSteps) newest = newest.slice(-loggedSteps);
    if (!file.write(encodeStep(record, 0))) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
  const own = newest.filter(({ attempt }) => attempt === simulation.attempt).slice(-loggedSteps);
  for (let rank = 0; rank < simulation.spec.devicesPerNode; rank += 1) {
    const path = workerLog(simulation.attempt, 0, rank);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, own.flatMap((record) => stepLines(record, rank)).join("\n"));
  }
}
