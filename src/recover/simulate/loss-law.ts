import { noiseAt } from "./random.js";

/**
 * Loss of the simulated training: floor + height · (1 + step / scale)^−power, with noise. The same step always has the
 * same loss.
 */
export interface LossLaw {
  readonly floor: number;
  readonly height: number;
  /** Steps. */
  readonly scale: number;
  readonly power: number;
  /** Standard deviation relative to the loss. */
  readonly noise: number;
  readonly seed: number;
}

/** Chinchilla's exponent 0.28 over steps; begins at ln(vocabulary). */
export function lossLaw(vocabulary: number, seed: number): LossLaw {
  const start = Math.log(vocabulary);
  const floor = Math.min(1.7, start / 2);
  return { floor, height: start - floor, scale: 20, power: 0.28, noise: 0.004, seed };
}

/** Loss at a global step from 1 on. `disturbance`: added by a spike. */
export function lossAt(law: LossLaw, step: number, disturbance = 0): number {
  const smooth = law.floor + law.height * (1 + (step - 1) / law.scale) ** -law.power;
  return smooth * (1 + law.noise * noiseAt(law.seed, step)) + disturbance;
}

/** Gradient norm that goes with it. */
export function gradNormAt(law: LossLaw, step: number, disturbance = 0): number {
  const smooth = 0.3 + 2 / (1 + step / 50);
  return smooth * Math.exp(0.15 * noiseAt(law.seed + 1, step)) * (1 + 4 * disturbance);
}
