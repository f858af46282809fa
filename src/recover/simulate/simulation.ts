import type { FaultKind } from "../../plan/command/simulate.js";
import type { AccountEvent } from "../account/timeline.js";
import { type Decision, startsAgain } from "../decide/action.js";
import { chooseCheckpoint } from "../decide/choose-checkpoint.js";
import { Overseer } from "../decide/overseer.js";
import type { Finding } from "../detect/finding.js";
import type { Observation, StepObservation } from "../detect/observation.js";
import { faultKinds } from "./fault-table.js";
import { faultEvent, type Happening, isRunning, type JobState, type TimedDecision } from "./happening.js";
import { Machines, nodeName } from "./machines.js";
import { EventQueue } from "./queue.js";
import { Random } from "./random.js";
import type { SimulationSpec } from "./spec.js";
import { slowBarriers, symptomOf } from "./symptoms.js";
import { SimulatedState } from "./training.js";

const dayMs = 86_400_000;
const burstMs = 300_000;

/**
 * A training on a cluster that does not exist, as discrete events with a virtual clock. Detectors, decisions, and the
 * choice of the checkpoint are those of a real run. The same spec gives the same run, however `advance` is called.
 */
export class Simulation {
  readonly spec: SimulationSpec;
  /** For `accountOf`. */
  readonly events: AccountEvent[] = [];
  readonly decisions: TimedDecision[] = [];
  /** Faults that struck, whatever they led to. */
  faults = 0;
  /** Milliseconds since the start. */
  now = 0;
  state: JobState = "waiting";
  attempt = 0;
  readonly #random: Random;
  readonly #queue = new EventQueue<Happening>();
  readonly #machines: Machines;
  readonly #training: SimulatedState;
  readonly #overseer: Overseer;
  readonly #scripted: { readonly step: number; readonly kind: FaultKind; readonly rank: number }[] = [];
  readonly #plain = {
    begin: () => this.#begin(),
    ready: () => this.#ready(),
    "first-step": () => this.#train(),
    target: () => this.#reach(),
    saved: () => this.#saved(),
    clock: () => this.#observe({ kind: "clock", time: this.now }),
    burst: () => this.#anyFault(),
    fault: () => {
      this.#nextFault();
      this.#anyFault();
    },
  };
  #epoch = 0;
  #pending: Decision | undefined;
  /** The rank that stands in the way of the others. */
  #suspect: { readonly node: string; readonly rank: number } | undefined;
  /** Where the present stretch of steps began, and where it ends. */
  #stretch = { from: 0, to: 0, time: 0, stepMs: 1 };

  constructor(spec: SimulationSpec) {
    this.spec = spec;
    this.#random = new Random(spec.seed);
    this.#machines = new Machines(spec);
    this.#training = new SimulatedState(spec);
    this.#overseer = new Overseer(spec.policy);
    for (const { step, time, rank, kind } of spec.script) {
      if (step !== undefined) this.#scripted.push({ step, kind, rank });
      else this.#queue.add(time ?? 0, { kind: "scripted", fault: kind, rank });
    }
    this.#add(0, "begin");
    this.#nextFault();
  }

  get done(): boolean {
    return this.state === "finished" || this.state === "failed";
  }

  /** Global step that is done now. */
  get step(): number {
    const { from, to, time, stepMs } = this.#stretch;
    if (this.state !== "training") return this.#training.step;
    return Math.min(to - 1, from + Math.floor((this.now - time) / stepMs));
  }

  /** Steps of the saved points that are kept. */
  get checkpoints(): readonly number[] {
    return this.#training.points.map(({ step }) => step);
  }

  /** A step of the present history as the engine logs it. */
  lookAt(step: number): StepObservation {
    return this.#training.observation(step, this.now, this.spec.stepMs);
  }

  /** Lets everything happen up to a moment, in milliseconds since the start. */
  advance(until: number): void {
    const end = Math.min(until, this.spec.untilMs);
    while (!this.done && this.#queue.nextTime <= end) {
      const next = this.#queue.take();
      if (next === undefined) break;
      this.now = next.time;
      this.#happen(next.value);
    }
    if (this.done || !Number.isFinite(end)) return;
    this.now = end;
    if (end < this.spec.untilMs) return;
    if (this.state === "training") this.#stepsTo(this.step);
    this.#end("finished");
  }

  #add(time: number, kind: "begin" | "ready" | "first-step" | "target" | "saved" | "clock"): void {
    this.#queue.add(time, { kind, epoch: this.#epoch });
  }

  #nextFault(): void {
    const mean = (this.spec.faults.nodeDaysPerFault * dayMs) / this.spec.nodes;
    if (Number.isFinite(mean)) this.#queue.add(this.now + this.#random.exponential(mean), { kind: "fault" });
  }

  #happen(happening: Happening): void {
    if ("epoch" in happening && happening.epoch !== this.#epoch) return;
    const { kind } = happening;
    if (kind === "seen") this.#observe(happening.observation);
    else if (kind === "scripted") this.#strike(happening.fault, happening.rank);
    else if (kind === "repaired") this.#machines.repaired(happening.node);
    else this.#plain[kind]();
  }

  #anyFault(): void {
    const { mix } = this.spec.faults;
    const kind = faultKinds[this.#random.choose(faultKinds.map((each) => mix[each] ?? 0))] as FaultKind;
    this.#strike(kind, this.#random.below(this.spec.devices));
  }

  /** Starts the engine if every place has a node that is well; else waits for a repair. */
  #begin(): void {
    const missing = this.#machines.replace(this.#machines.brokenPlaces);
    if (missing.length > 0) {
      const back = Math.min(...missing.map((place) => this.#machines.backAt(this.#machines.nodeAt(place))));
      this.#add(Math.max(back, this.now) + this.spec.joinMs, "begin");
      return;
    }
    const { skip, learningRateFactor, notAfterStep, beforeStep } = this.#pending ?? {};
    this.#pending = undefined;
    this.attempt += 1;
    const { chosen } = chooseCheckpoint(this.#training.points, { notAfterStep, beforeStep });
    const from = chosen?.step ?? 0;
    if (chosen === undefined && this.#training.points.length > 0) return void this.#end("failed");
    this.#training.resumeFrom(from, { skip, factor: learningRateFactor });
    this.#overseer.startAttempt(this.now, from);
    this.state = "starting";
    this.events.push({ kind: "start", time: this.now, attempt: this.attempt });
    this.#add(this.now + this.spec.startMs * this.#random.between(0.9, 1.2), "ready");
  }

  #ready(): void {
    this.state = "compiling";
    this.events.push({ kind: "ready", time: this.now, attempt: this.attempt });
    this.#observe({ kind: "phase", time: this.now, phase: "compiling" });
    this.#add(this.now + this.spec.compileMs * this.#random.between(0.9, 1.2), "first-step");
  }

  /** The next stretch of steps: up to a checkpoint, the end, or where something shows. */
  #train(): void {
    this.state = "training";
    const { everySteps, totalSteps, stepMs } = this.spec;
    const from = this.#training.step;
    const save = (Math.floor(from / everySteps) + 1) * everySteps;
    const scripted = this.#scripted.map(({ step }) => step).filter((step) => step > from);
    const to = Math.min(save, totalSteps, this.#training.nextShown ?? totalSteps, ...scripted);
    this.#stretch = { from, to, time: this.now, stepMs: stepMs * this.#machines.slowdown };
    this.#add(this.now + (to - from) * this.#stretch.stepMs, "target");
  }

  #reach(): void {
    const { to } = this.#stretch;
    const epoch = this.#epoch;
    this.#stepsTo(to);
    const due = this.#scripted.findIndex(({ step }) => step === to);
    if (epoch === this.#epoch && due >= 0) {
      const [fault] = this.#scripted.splice(due, 1);
      if (fault) this.#strike(fault.kind, fault.rank);
    }
    if (epoch !== this.#epoch || this.state !== "training") return;
    if (to < this.spec.totalSteps && to % this.spec.everySteps !== 0) return void this.#train();
    this.state = "saving";
    this.#observe({ kind: "phase", time: this.now, phase: "saving" });
    this.#add(this.now + this.spec.saveMs, "saved");
  }

  /**
   * Does the steps of the present stretch up to one. The detector sees the first, the last, and all those around
   * trouble.
   */
  #stepsTo(step: number): void {
    const { from, time, stepMs, to } = this.#stretch;
    if (step <= from) return;
    const end = time + (step - from) * stepMs;
    const about = { attempt: this.attempt, fromStep: from + 1, toStep: step };
    this.events.push({ kind: "steps", ...about, start: time, end, savingMs: 0 });
    this.#training.advanceTo(step);
    this.#stretch = { from: step, to, time: end, stepMs };
    const seen = this.#training.stepsToLookAt(from, step);
    for (const each of seen) {
      this.#observe(this.#training.observation(each, end - (step - each) * stepMs, stepMs));
      if (this.state !== "training") return;
    }
  }

  #saved(): void {
    const { saveMs, totalSteps } = this.spec;
    const { step } = this.#training;
    const time = this.now;
    if (this.#training.save(time)) {
      const about = { attempt: this.attempt, fromStep: step + 1, toStep: step };
      this.events.push({ kind: "steps", ...about, start: time - saveMs, end: time, savingMs: saveMs });
      this.events.push({ kind: "checkpoint", time, step, seconds: saveMs / 1000 });
      this.#observe({ kind: "saved", time, step, seconds: saveMs / 1000 });
    } else this.#observe({ kind: "save-failed", time, step, message: "OSError: [Errno 28] No space left on device" });
    if (this.state !== "saving") return;
    if (step >= totalSteps) this.#end("finished");
    else this.#train();
  }

  /** A fault of the node or the process of a rank. */
  #strike(kind: FaultKind, rank: number): void {
    this.faults += 1;
    const place = Math.floor(rank / this.spec.devicesPerNode);
    const suspect = { rank, node: nodeName(this.#machines.nodeAt(place)) };
    for (const node of this.#machines.strike(kind, place, { random: this.#random, now: this.now }))
      this.#queue.add(this.#machines.backAt(node), { kind: "repaired", node });
    if (this.#random.chance(this.spec.faults.burstShare ?? 0))
      this.#queue.add(this.now + this.#random.exponential(burstMs), { kind: "burst" });
    if (!isRunning(this.state)) return;
    const training = this.state === "training";
    if (training) this.#stepsTo(this.step);
    if (!isRunning(this.state)) return;
    if (kind === "slow" || kind === "nan" || kind === "spike" || kind === "silent") {
      if (kind === "slow") for (const seen of slowBarriers(rank, this.#training.step, this.now)) this.#observe(seen);
      else this.#training.plant(kind, this.#random.below(120));
      // The rest of the stretch has another pace, or an earlier end.
      if (training && this.state === "training") {
        this.#epoch += 1;
        this.#train();
      }
    } else this.#stall(kind, suspect);
  }

  /** Nothing moves any more until somebody notices. */
  #stall(kind: FaultKind, suspect: { readonly node: string; readonly rank: number }): void {
    this.state = "stalled";
    this.#epoch += 1;
    this.#suspect = suspect;
    const symptom = symptomOf(kind, suspect, this.spec);
    if (symptom === undefined) this.#add(Math.max(this.#overseer.detector.deadline, this.now), "clock");
    else {
      const time = this.now + symptom.delayMs;
      this.#queue.add(time, { kind: "seen", epoch: this.#epoch, observation: symptom.observe(time, this.now) });
    }
  }

  #observe(observation: Observation): void {
    const decisions = this.#overseer.observe(observation, {
      spares: this.#machines.spares,
      name: (finding) => this.#name(finding),
    });
    for (const decision of decisions) {
      this.decisions.push({ ...decision, time: this.now, attempt: this.attempt });
      if (!this.done && decision.action !== "note") this.#act(decision);
    }
  }

  /** Stacks name the rank of a hang, most of the time. */
  #name(finding: Finding): Finding {
    if (finding.kind !== "hang" || this.#suspect === undefined || !this.#random.chance(this.spec.culprits))
      return finding;
    return { ...finding, ...this.#suspect };
  }

  #act(decision: Decision): void {
    const { action, dropNode } = decision;
    if (dropNode !== undefined) this.#machines.drop(dropNode);
    const waited = this.#machines.brokenPlaces.length > this.#machines.spares.length;
    this.events.push(faultEvent(decision, this.now, waited));
    this.#suspect = undefined;
    this.#epoch += 1;
    if (!startsAgain(action)) return void this.#end("failed");
    this.state = "waiting";
    this.#pending = decision;
    const joining = this.#machines.brokenPlaces.length > 0 || dropNode !== undefined;
    this.#add(this.now + decision.delayMs + (joining ? this.spec.joinMs : 0), "begin");
  }

  #end(state: "finished" | "failed"): void {
    this.state = state;
    this.events.push({ kind: "end", time: this.now });
  }
}
