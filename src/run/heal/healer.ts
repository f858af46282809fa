import { readFile } from "node:fs/promises";
import { openConfig } from "../../config/open.js";
import type { Clock } from "../../core/clock.js";
import { isLabError } from "../../core/error.js";
import { formatDuration } from "../../core/units.js";
import type { LossPoint } from "../../recover/certificate/after.js";
import { type Decision, startsAgain } from "../../recover/decide/action.js";
import { Overseer, type OverseerPast } from "../../recover/decide/overseer.js";
import type { Finding } from "../../recover/detect/finding.js";
import type { Observation } from "../../recover/detect/observation.js";
import { hasRemoteFiles } from "../nodes/open/open-nodes.js";
import type { CheckpointEvent, DecisionEvent, RecordedState, RunEvent, StepRecord } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import type { RunFile } from "../record/run-file.js";
import { askHook } from "./decision-hook.js";
import { type EndedAttempt, findingOfEnd } from "./end-finding.js";
import { nextAttempt } from "./next-attempt.js";
import { chooseRemote } from "./remote-choice.js";
import { sparesLeft, withSpare } from "./replace-node.js";
import { requeueDecision, requeueEvent } from "./requeue.js";
import { chooseResume, type ResumeChoice } from "./resume-choice.js";
import { comparisonEvent, ResumeWatch } from "./resume-watch.js";

/** Where decisions are written; throws if another process supervises the run now. */
export interface DecisionRecord {
  readonly state: RecordedState;
  record(events: readonly RunEvent[], options?: { readonly durable?: boolean }): Promise<void>;
}

export interface HealerParts {
  /** The run folder, which may be renamed. */
  readonly folder: () => string;
  readonly clock: Clock;
  /** Resolves with true once the user has asked the run to stop. */
  stopRequested(): Promise<boolean>;
  /** Losses of the record so far, by rising step. */
  losses(): Promise<readonly LossPoint[]>;
  /** Checkpoints of the record so far. */
  checkpoints(): Promise<readonly CheckpointEvent[]>;
  /** A port on which a new attempt can meet. */
  freePort(above: number, next: RunFile): Promise<number>;
  /** What was decided by supervisors before. */
  readonly past?: OverseerPast | undefined;
  /** The first losses of a run that continues another one. */
  readonly continued?: ResumeWatch | undefined;
}

/** Waits between two looks at the stop request. */
const lookMs = 200;
/** And between two tries to reach a node. */
const unreachableMs = 10_000;

/**
 * Carries out a recovery policy for one run: watches the steps, decides what an end means, and describes the attempt
 * that follows. All that it decides goes into the record first.
 */
export class Healer {
  readonly #parts: HealerParts;
  readonly #overseer: Overseer;
  #file: RunFile;
  #attempt = 0;
  #decision: Decision | undefined;
  /** Losses of the steps after a resume, and those that they are held against. */
  #compared: ResumeWatch | undefined;

  constructor(file: RunFile, parts: HealerParts) {
    if (file.recovery === undefined) throw new RangeError("a run without a recovery policy");
    this.#file = file;
    this.#parts = parts;
    this.#overseer = new Overseer(file.recovery, parts.past);
    this.#compared = parts.continued;
  }

  /**
   * Takes what the running attempt shows. Returns what is wrong if the attempt must be ended; the next call of `next`
   * then carries out what was decided.
   */
  async examine(
    seen: { readonly steps: readonly StepRecord[]; readonly observed: readonly Observation[] },
    record: DecisionRecord,
  ): Promise<Finding | undefined> {
    this.#startAttempt();
    const decisions: Decision[] = [];
    const about = { spares: this.#spares() };
    for (const step of seen.steps) {
      decisions.push(...this.#overseer.observe({ kind: "step", ...step }, about));
      const strayed = await this.#compare(step, record);
      if (strayed) decisions.push(this.#overseer.decide(strayed, about.spares));
    }
    for (const observation of seen.observed) decisions.push(...this.#overseer.observe(observation, about));
    const notes = decisions.filter(({ action }) => action === "note");
    for (const decision of notes) await this.#announce(this.#event(decision), record);
    this.#decision ??= decisions.find(({ action }) => action !== "note");
    return this.#decision?.finding;
  }

  /**
   * The description of the attempt that follows an end, or undefined if the run ends with it. Waits as the back-off
   * says.
   */
  async next(end: EndedAttempt, file: RunFile, record: DecisionRecord): Promise<RunFile | undefined> {
    this.#file = file;
    this.#startAttempt();
    const decided = this.#decision;
    this.#decision = undefined;
    if (end.verdict.state !== "failed" || (await this.#parts.stopRequested())) return undefined;
    const time = this.#parts.clock.now();
    const requeued = end.requeued ? requeueDecision(end, time) : undefined;
    const decision = requeued ?? decided ?? this.#overseer.decide(await findingOfEnd(end, time), this.#spares());
    if (!startsAgain(decision.action)) {
      await this.#announce(this.#event(decision), record);
      return undefined;
    }
    const moved = movedFile(file, decision);
    const choice = await this.#choose({ file, next: moved, decision }, record);
    const base = { time: this.#parts.clock.now(), attempt: file.attempt };
    const event = requeued ? requeueEvent(decision, choice, base) : this.#event(decision, choice);
    const vetoed = await this.#announce(event, record);
    if (choice.refused !== undefined || vetoed) return undefined;
    await this.#wait(decision.delayMs);
    if (await this.#parts.stopRequested()) return undefined;
    const last = decision.notAfterStep ?? Number.POSITIVE_INFINITY;
    const before = (await this.#parts.losses()).filter(({ step }) => step <= last);
    const next = await nextAttempt(
      { folder: this.#parts.folder(), file: moved, decision, choice },
      await this.#parts.freePort(1 + portOf(file), moved),
    );
    this.#file = next;
    const { compareSteps: steps, tolerance } = this.#overseer.policy;
    const changed = next.changed === true;
    const { step: fromStep } = choice;
    this.#compared =
      fromStep === undefined ? undefined : new ResumeWatch(before, { fromStep, steps, tolerance, changed });
    return next;
  }

  /** Records a decision and tells the user's hook about it; true if the hook forbids it. */
  async #announce(event: DecisionEvent, record: DecisionRecord): Promise<boolean> {
    await record.record([event], { durable: true });
    const { onDecision } = this.#overseer.policy;
    if (onDecision === undefined) return false;
    const { name: run } = this.#file;
    const { veto, failed } = await askHook(onDecision, { run, folder: this.#parts.folder(), decision: event });
    const base = { time: this.#parts.clock.now(), attempt: this.#file.attempt };
    if (failed !== undefined)
      await record.record([{ kind: "note", ...base, text: `recovery.onDecision ${onDecision[0]}: ${failed}` }]);
    if (veto === undefined) return false;
    const reason = `${onDecision[0]} forbids ${event.decision}: ${veto}`;
    await record.record([{ kind: "decision", ...base, decision: "stop", reason }], { durable: true });
    return true;
  }

  #spares(): readonly string[] {
    return sparesLeft(this.#file);
  }

  /** The checkpoint to go on from. Without a spare the run waits until every node answers again, and says so. */
  async #choose({ file, next, decision }: Change, record: DecisionRecord): Promise<ResumeChoice> {
    const { clock, folder } = this.#parts;
    if (!hasRemoteFiles(file)) {
      const recorded = (await this.#parts.checkpoints()).length;
      return chooseResume({ folder: folder(), file, decision, recorded });
    }
    const config = await openConfig(await readFile(runPaths(folder()).config, "utf8"));
    const patienceMs = this.#overseer.policy.limits.startAfterMs;
    const until = clock.elapsed() + patienceMs;
    for (let tries = 0; ; tries += 1) {
      const checkpoints = await this.#parts.checkpoints();
      const parts = { before: file, next, attempt: file.attempt + 1, config, decision, checkpoints };
      const choice = await chooseRemote(parts).catch((error: unknown) => {
        if (!isLabError(error) || !error.code.startsWith("NODE_")) throw error;
        return unreachable(error.message);
      });
      const stopped = await this.#parts.stopRequested();
      if (choice.waits === undefined || stopped || clock.elapsed() >= until) return choice;
      if (tries === 0) {
        const message = `${choice.refused}; waits up to ${formatDuration(patienceMs)} for it; run.stop() ends the wait`;
        const base = { time: clock.now(), attempt: file.attempt };
        await record.record([{ kind: "state", ...base, state: record.state, message }], { durable: true });
      }
      await this.#wait(unreachableMs);
    }
  }

  #startAttempt(): void {
    if (this.#attempt === this.#file.attempt) return;
    this.#attempt = this.#file.attempt;
    this.#overseer.startAttempt(this.#parts.clock.now(), this.#file.resumedFrom ?? this.#file.parent?.step ?? 0);
  }

  /** The first losses after a resume against the recorded ones. */
  async #compare(step: StepRecord, record: DecisionRecord): Promise<Finding | undefined> {
    const watch = this.#compared;
    const result = watch?.take(step);
    if (watch === undefined || result === undefined) return undefined;
    this.#compared = undefined;
    const time = this.#parts.clock.now();
    await record.record([comparisonEvent(result, { time, attempt: this.#attempt })], { durable: true });
    return result.verdict === "diverged" ? watch.finding(result, time) : undefined;
  }

  async #wait(ms: number): Promise<void> {
    const { clock } = this.#parts;
    const until = clock.elapsed() + ms;
    while (clock.elapsed() < until && !(await this.#parts.stopRequested()))
      await clock.wait(Math.min(lookMs, until - clock.elapsed()));
  }

  #event(decision: Decision, choice?: ResumeChoice): DecisionEvent {
    const { action, finding, reason, delayMs, skip } = decision;
    const refused = choice?.refused;
    return {
      kind: "decision",
      time: this.#parts.clock.now(),
      attempt: this.#file.attempt,
      decision: refused === undefined ? action : "stop",
      reason: [reason, choice?.text, refused].filter(Boolean).join("; "),
      about: [finding.summary, ...finding.evidence],
      finding,
      delayMs,
      ...(skip && { skip }),
      ...(choice?.step !== undefined && { fromStep: choice.step }),
      ...(choice?.certificate && { certificate: choice.certificate }),
    };
  }
}

/** A decision with the run as it was, and with the nodes of the next attempt. */
interface Change {
  readonly file: RunFile;
  readonly next: RunFile;
  readonly decision: Decision;
}

/** The nodes of the next attempt. */
function movedFile(file: RunFile, { dropNode, spare }: Decision): RunFile {
  return dropNode === undefined || spare === undefined ? file : withSpare(file, dropNode, spare);
}

function unreachable(reason: string): ResumeChoice {
  const base = { step: undefined, point: undefined, certificate: undefined, text: "" };
  return { ...base, refused: reason, waits: true };
}

function portOf(file: RunFile): number {
  const word = file.commands[0]?.argv.find((each) => each.startsWith("--master_port="));
  return Number(word?.slice("--master_port=".length)) || 8118;
}
