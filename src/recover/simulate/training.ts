import type { CheckpointCandidate } from "../decide/choose-checkpoint.js";
import type { StepObservation } from "../detect/observation.js";
import { gradNormAt, lossAt } from "./loss-law.js";
import type { SimulationSpec } from "./spec.js";

/**
 * Damage that shows at a step: bad data (`spike`), a NaN (`nan`), or wrong values since `since` that become NaN
 * (`silent`).
 */
export interface Planted {
  readonly step: number;
  readonly kind: "spike" | "nan" | "silent";
  readonly since: number;
}

/** Steps of a loss spike, and its height. */
const spikeSteps = 12;
const spikeHeight = 2.5;

/** Weights, data, and saved points of the simulated training. */
export class SimulatedState {
  readonly #spec: SimulationSpec;
  #step = 0;
  #planted: Planted[] = [];
  #points: CheckpointCandidate[] = [];
  #learningRate = 1;
  /** Silent damage of the weights in memory: the step since which they are wrong. */
  #damagedBy: Planted[] = [];
  /** Damage that a saved point holds. */
  readonly #pointDamage = new Map<number, readonly Planted[]>();

  constructor(spec: SimulationSpec) {
    this.#spec = spec;
  }

  get step(): number {
    return this.#step;
  }

  get points(): readonly CheckpointCandidate[] {
    return this.#points;
  }

  get learningRate(): number {
    return this.#learningRate;
  }

  /** Damage from the next step on. A spike shows some steps later, silent damage `delay` steps and more. */
  plant(kind: Planted["kind"], delay: number): void {
    const since = this.#step + 1;
    const step = kind === "nan" ? since : kind === "spike" ? since + 2 : since + 20 + delay;
    this.#planted.push({ kind, since, step });
  }

  /** The next step at which damage can be found; undefined if there is none ahead. */
  get nextShown(): number | undefined {
    const confirm = this.#spec.policy.limits.spikeSteps - 1;
    const shown = [...this.#planted, ...this.#damagedBy]
      .map(({ kind, step }) => (kind === "spike" ? step + confirm : step))
      .filter((step) => step > this.#step);
    return shown.length === 0 ? undefined : Math.min(...shown);
  }

  /**
   * Steps of a stretch that a detector has to see: the first two and the last, and a whole window where a spike shows.
   */
  stepsToLookAt(from: number, to: number): readonly number[] {
    const { window, spikeSteps: confirm } = this.#spec.policy.limits;
    const spike = this.#planted.some(({ kind, step }) => kind === "spike" && to >= step && to < step + spikeSteps);
    const first = spike ? Math.max(1, to - window - confirm) : to;
    const steps = Array.from({ length: to - first + 1 }, (_, index) => first + index);
    return [from + 1, from + 2].filter((step) => step < first).concat(steps);
  }

  advanceTo(step: number): void {
    const passed = this.#planted.filter(({ kind, since }) => kind === "silent" && since <= step);
    this.#damagedBy.push(...passed);
    this.#planted = this.#planted.filter((each) => !passed.includes(each));
    this.#step = step;
  }

  /** Saves a point; false if the storage has no room left. */
  save(time: number): boolean {
    const { keep, room } = this.#spec;
    // The newest is written before the oldest is deleted.
    if (Math.min(this.#points.length, keep) + 1 > room) return false;
    this.#points = this.#points.filter(({ step }) => step !== this.#step);
    this.#points.push({ step: this.#step, complete: true, savedAt: time });
    this.#pointDamage.set(this.#step, [...this.#damagedBy]);
    while (this.#points.length > keep) {
      const old = this.#points.shift();
      if (old) this.#pointDamage.delete(old.step);
    }
    return true;
  }

  /** Goes on from a saved step, or from the beginning. What was saved later belongs to a history that is given up. */
  resumeFrom(
    step: number,
    change: {
      readonly skip?: { readonly fromStep: number; readonly batches: number } | undefined;
      readonly factor?: number | undefined;
    },
  ): void {
    // A NaN that a passing fault of a device made does not come back.
    this.#planted = this.#planted.filter(({ kind }) => kind !== "nan");
    this.#damagedBy = [...(this.#pointDamage.get(step) ?? [])];
    this.#step = step;
    this.#points = this.#points.filter((point) => point.step <= step);
    this.#learningRate *= change.factor ?? 1;
    const { skip } = change;
    if (skip)
      this.#planted = this.#planted.filter(
        (each) => each.kind !== "spike" || each.step < skip.fromStep || each.step >= skip.fromStep + skip.batches,
      );
  }

  /** The step as the engine would log it. */
  observation(step: number, time: number, stepMs: number): StepObservation {
    const { law } = this.#spec;
    const spike = this.#planted.find(
      (each) => each.kind === "spike" && step >= each.step && step < each.step + spikeSteps,
    );
    const nan = [...this.#planted, ...this.#damagedBy].some((each) => each.kind !== "spike" && each.step === step);
    const height = spike === undefined ? 0 : spikeHeight;
    return {
      kind: "step",
      time,
      step,
      loss: nan ? Number.NaN : lossAt(law, step, height),
      gradNorm: nan ? Number.NaN : gradNormAt(law, step, height),
      stepTimeMs: stepMs,
    };
  }
}
