import { type FileHandle, mkdir, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../core/clock.js";
import { LabError } from "../../core/error.js";
import { EventLogWriter } from "../../core/event-log.js";
import { thisProcess } from "../../core/liveness/process-identity.js";
import type { RecordedState, RunEvent, StateEvent, TakeoverEvent } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import type { Lease } from "../record/lease.js";
import { eventsName, stepsName } from "../record/record-reader.js";
import { encodeStep, stepBytes } from "../record/step-table.js";
import type { LoggedStep } from "./observe/attempt-logs.js";

/** The lease went to another process: whoever gets this error writes and signals nothing any more. */
export function leaseLost(lease: number): LabError {
  return new LabError("RUN_LEASE_LOST", `lease ${lease}: another process supervises this run now`, {
    hint: "nothing to do: the run is supervised",
    details: { lease },
  });
}

/** Number of the newest record that an older lease has left; a holder that wrote nothing has none. */
async function recordBefore(folder: string, lease: number): Promise<number> {
  const names = await readdir(runPaths(folder).events);
  const numbers = names.map((name) => Number(/^supervisor-(\d+)\.jsonl$/.exec(name)?.[1] ?? 0));
  return numbers.reduce((most, number) => (number < lease && number > most ? number : most), 0);
}

/**
 * Writes events and steps of a run, as long as the lease is held. What can't be written (disk full) is kept and tried
 * again.
 */
export class Recorder {
  attempt: number;
  readonly #lease: Lease;
  readonly #clock: Clock;
  readonly #events: EventLogWriter;
  readonly #steps: FileHandle;
  /** Bytes of whole steps in that file. */
  #stepsSize: number;
  #unwritten: RunEvent[] = [];
  #unwrittenSteps: LoggedStep[] = [];
  #writing: Promise<unknown> = Promise.resolve();
  state: RecordedState = "starting";

  private constructor(
    lease: Lease,
    attempt: number,
    files: { events: EventLogWriter; steps: FileHandle; stepsSize: number; clock: Clock },
  ) {
    this.#lease = lease;
    this.attempt = attempt;
    this.#clock = files.clock;
    this.#events = files.events;
    this.#steps = files.steps;
    this.#stepsSize = files.stepsSize;
  }

  /** Opens the files of this lease; the first event cuts what the holder of the lease before may still write. */
  static async open(folder: string, lease: Lease, options: { attempt: number; clock: Clock }): Promise<Recorder> {
    const { events, metrics } = runPaths(folder);
    await Promise.all([mkdir(events, { recursive: true }), mkdir(metrics, { recursive: true })]);
    const before = await recordBefore(folder, lease.number);
    const cut = {
      events: (await stat(join(events, eventsName(before))).catch(() => undefined))?.size ?? 0,
      steps: (await stat(join(metrics, stepsName(before))).catch(() => undefined))?.size ?? 0,
    };
    const steps = await open(join(metrics, stepsName(lease.number)), "a");
    const { size } = await steps.stat();
    const files = {
      events: await EventLogWriter.open(join(events, eventsName(lease.number))),
      steps,
      stepsSize: size - (size % stepBytes),
      clock: options.clock,
    };
    const recorder = new Recorder(lease, options.attempt, files);
    if (lease.number > 1) await recorder.#takeOver(cut);
    return recorder;
  }

  #takeOver(cut: TakeoverEvent["cut"]): Promise<void> {
    const reason = `lease ${this.#lease.number - 1} had no living holder`;
    const event = { kind: "takeover" as const, lease: this.#lease.number, reason, cut };
    return this.record([{ ...event, ...this.#base() }], { durable: true });
  }

  #base(): { readonly time: number; readonly attempt: number } {
    return { time: this.#clock.now(), attempt: this.attempt };
  }

  /** Throws RUN_LEASE_LOST if another process has taken the lease. */
  async requireLease(): Promise<void> {
    if (!(await this.#lease.isHeld())) throw leaseLost(this.#lease.number);
  }

  /** Writes events after all earlier ones; `durable` waits until the disk has them. Throws RUN_LEASE_LOST. */
  record(events: readonly RunEvent[], { durable = false, steps = [] as readonly LoggedStep[] } = {}): Promise<void> {
    this.#unwritten.push(...events);
    for (const step of steps) this.#unwrittenSteps.push(step);
    const next = this.#writing.then(async () => {
      if (this.#unwritten.length + this.#unwrittenSteps.length === 0) return;
      await this.requireLease();
      await this.#writeSteps();
      await this.#writeEvents(durable);
    });
    this.#writing = next.catch(() => undefined);
    return next;
  }

  async #writeEvents(durable: boolean): Promise<void> {
    const waiting = [...this.#unwritten];
    try {
      await this.#events.append(waiting, { durable });
      this.#unwritten = this.#unwritten.slice(waiting.length);
    } catch (error) {
      console.error("events could not be written:", error);
    }
  }

  async #writeSteps(): Promise<void> {
    const waiting = this.#unwrittenSteps.slice(0, 8192);
    if (waiting.length === 0) return;
    const bytes = Buffer.concat(waiting.map(({ record, logOffset }) => encodeStep(record, logOffset)));
    try {
      await this.#steps.appendFile(bytes);
      this.#stepsSize += bytes.length;
      this.#unwrittenSteps = this.#unwrittenSteps.slice(waiting.length);
    } catch (error) {
      // A part of a step would shift all later ones.
      await this.#steps.truncate(this.#stepsSize).catch(() => undefined);
      console.error("steps could not be written:", error);
    }
    if (this.#unwrittenSteps.length > 0 && waiting.length === 8192) await this.#writeSteps();
  }

  note(text: string): Promise<void> {
    return this.record([{ kind: "note", ...this.#base(), text }]);
  }

  enter(state: RecordedState, more: Partial<StateEvent> = {}): Promise<void> {
    this.state = state;
    const supervisor = state === "starting" ? { supervisor: thisProcess() } : {};
    return this.record([{ kind: "state", ...this.#base(), state, ...supervisor, ...more }], { durable: true });
  }

  /** Tries for 30 seconds to write what could not be written, then closes the files. */
  async close(): Promise<void> {
    for (let tries = 0; this.#unwritten.length + this.#unwrittenSteps.length > 0 && tries < 30; tries += 1) {
      await this.#clock.wait(1000);
      await this.record([], { durable: true });
    }
    await this.abandon();
  }

  /** Closes the files as they are. */
  async abandon(): Promise<void> {
    await this.#writing;
    await this.#events.close();
    await this.#steps.close();
  }
}
