import { Detector } from "../detect/detector.js";
import type { Finding } from "../detect/finding.js";
import type { Observation } from "../detect/observation.js";
import { type Decision, type PastDecision, startsAgain } from "./action.js";
import { decide } from "./decide.js";
import type { RecoveryPolicy } from "./policy.js";

/** Decisions that are looked back on. */
const memory = 64;

/** What of a run's past a new overseer has to know, such as a supervisor that takes over. */
export interface OverseerPast {
  readonly past: readonly PastDecision[];
  readonly restarts: number;
  readonly restartsWithoutProgress: number;
}

/**
 * Observations of a whole run → decisions: a detector for each attempt, and the history over all of them. The
 * supervisor of a real run and the simulated cluster both have one.
 */
export class Overseer {
  readonly policy: RecoveryPolicy;
  #detector = new Detector(0);
  #past: PastDecision[];
  #restarts: number;
  #withoutProgress: number;
  #resumedFrom = 0;

  constructor(policy: RecoveryPolicy, past?: OverseerPast) {
    this.policy = policy;
    this.#past = [...(past?.past ?? [])];
    this.#restarts = past?.restarts ?? 0;
    this.#withoutProgress = past?.restartsWithoutProgress ?? 0;
  }

  /** Engine starts after the first. */
  get restarts(): number {
    return this.#restarts;
  }

  get detector(): Detector {
    return this.#detector;
  }

  /** A new attempt goes on from a step; `time` in milliseconds of the same clock as the observations. */
  startAttempt(time: number, resumedFrom: number): void {
    this.#detector = new Detector(time, this.policy.limits, resumedFrom);
    this.#resumedFrom = resumedFrom;
  }

  /** Takes an observation and decides about what it shows. A new checkpoint is progress. */
  observe(observation: Observation, about: DecisionContext): readonly Decision[] {
    const findings = this.#detector.observe(observation);
    if (observation.kind === "saved") this.#withoutProgress = 0;
    return findings.map((finding) => this.decide(about.name?.(finding) ?? finding, about.spares));
  }

  /** Decides about a finding and remembers it. */
  decide(finding: Finding, spares: readonly string[]): Decision {
    const decision = decide(
      finding,
      {
        past: this.#past,
        restarts: this.#restarts,
        restartsWithoutProgress: this.#withoutProgress,
        spares,
        firstStep: this.#resumedFrom + 1,
        resumedFrom: this.#resumedFrom,
      },
      this.policy,
    );
    this.take(decision);
    return decision;
  }

  /** Remembers a decision, also one that was made elsewhere. */
  take({ finding, action }: PastDecision): void {
    this.#past = [...this.#past.slice(1 - memory), { finding, action }];
    if (!startsAgain(action)) return;
    this.#restarts += 1;
    this.#withoutProgress += 1;
  }
}

export interface DecisionContext {
  /** Nodes that stand ready now. */
  readonly spares: readonly string[];
  /** Adds the rank and the node that stacks name. */
  name?(finding: Finding): Finding;
}
