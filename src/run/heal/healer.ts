import type { Clock } from "../../core/clock.js";
import { compareAfterResume, type LossPoint } from "../../recover/certificate/after.js";
import { type Decision, startsAgain } from "../../recover/decide/action.js";
import { Overseer, type OverseerPast } from "../../recover/decide/overseer.js";
import type { Finding } from "../../recover/detect/finding.js";
import type { DecisionEvent, RunEvent, StepRecord } from "../record/events.js";
import type { RunFile } from "../record/run-file.js";
import { type EndedAttempt, findingOfEnd } from "./end-finding.js";
import { nextAttempt } from "./next-attempt.js";
import { chooseResume, type ResumeChoice } from "./resume-choice.js";

/** Where decisions are written; throws if another process supervises the run now. */
export interface DecisionRecord {
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
  /** A port on which a new attempt can meet. */
  freePort(above: number): Promise<number>;
  /** What was decided by supervisors before. */
  readonly past?: OverseerPast | undefined;
}

/** Waits between two looks at the stop request. */
const lookMs = 200;

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
  #compared: { readonly before: readonly LossPoint[]; readonly after: LossPoint[] } | undefined;

  constructor(file: RunFile, parts: HealerParts) {
    if (file.recovery === undefined) throw new RangeError("a run without a recovery policy");
    this.#file = file;
    this.#parts = parts;
    this.#overseer = new Overseer(file.recovery, parts.past);
  }

  /**
   * Takes the steps and saved points of the running attempt. Returns what is wrong if the attempt must be ended; the
   * next call of `next` then carries out what was decided.
   */
  async examine(
    seen: { readonly steps: readonly StepRecord[]; readonly saved: readonly { step: number; seconds: number }[] },
    record: DecisionRecord,
  ): Promise<Finding | undefined> {
    this.#startAttempt();
    const decisions: Decision[] = [];
    const about = { spares: this.#overseer.policy.spares };
    for (const step of seen.steps) {
      decisions.push(...this.#overseer.observe({ kind: "step", ...step }, about));
      const strayed = await this.#compare(step, record);
      if (strayed) decisions.push(this.#overseer.decide(strayed, about.spares));
    }
    const time = this.#parts.clock.now();
    for (const { step, seconds } of seen.saved)
      decisions.push(...this.#overseer.observe({ kind: "saved", time, step, seconds }, about));
    const notes = decisions.filter(({ action }) => action === "note");
    if (notes.length > 0) await record.record(notes.map((decision) => this.#event(decision)));
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
    const decision = decided ?? this.#overseer.decide(await findingOfEnd(end, this.#parts.clock.now()), this.#spares());
    if (!startsAgain(decision.action)) {
      await record.record([this.#event(decision)], { durable: true });
      return undefined;
    }
    const choice = await chooseResume({ folder: this.#parts.folder(), file, decision });
    await record.record([this.#event(decision, choice)], { durable: true });
    if (choice.refused !== undefined) return undefined;
    await this.#wait(decision.delayMs);
    if (await this.#parts.stopRequested()) return undefined;
    const last = decision.notAfterStep ?? Number.POSITIVE_INFINITY;
    const before = (await this.#parts.losses()).filter(({ step }) => step <= last);
    const next = await nextAttempt(
      { folder: this.#parts.folder(), file, decision, choice },
      await this.#parts.freePort(1 + portOf(file)),
    );
    this.#file = next;
    this.#compared = choice.step === undefined ? undefined : { before, after: [] };
    return next;
  }

  #spares(): readonly string[] {
    return this.#overseer.policy.spares;
  }

  #startAttempt(): void {
    if (this.#attempt === this.#file.attempt) return;
    this.#attempt = this.#file.attempt;
    this.#overseer.startAttempt(this.#parts.clock.now(), this.#file.resumedFrom ?? this.#file.parent?.step ?? 0);
  }

  /** The first losses after a resume against the recorded ones. */
  async #compare(step: StepRecord, record: DecisionRecord): Promise<Finding | undefined> {
    const compared = this.#compared;
    if (compared === undefined) return undefined;
    const { compareSteps: steps, tolerance } = this.#overseer.policy;
    const fromStep = this.#file.resumedFrom ?? 0;
    compared.after.push({ step: step.step, loss: step.loss });
    // Another data position or learning rate gives other losses: only the trend can be compared.
    const before = this.#file.changed ? compared.before.filter((one) => one.step <= fromStep) : compared.before;
    const result = compareAfterResume(before, compared.after, { fromStep, steps, tolerance });
    const over = compared.after.length >= steps;
    if (!over && result.verdict !== "diverged") return undefined;
    this.#compared = undefined;
    const time = this.#parts.clock.now();
    const base = { time, attempt: this.#attempt };
    const reason = `${result.text} (against: ${result.against})`;
    await record.record([{ kind: "decision", ...base, decision: `resume ${result.verdict}`, reason }], {
      durable: true,
    });
    if (result.verdict !== "diverged") return undefined;
    return {
      kind: "resume-diverged",
      cause: "numerics",
      ...{ time, since: time, step: step.step },
      summary: `the resume from step ${fromStep} does not continue the training: ${result.text}`,
      evidence: compared.after.map(({ step: at, loss }) => `step ${at}: loss ${loss}`),
    };
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

function portOf(file: RunFile): number {
  const word = file.commands[0]?.argv.find((each) => each.startsWith("--master_port="));
  return Number(word?.slice("--master_port=".length)) || 8118;
}
