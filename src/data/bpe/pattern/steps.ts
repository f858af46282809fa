/** A pattern made ready for matching: each step knows what follows it. One shape for all kinds. */
export interface Step {
  readonly kind: number;
  /** The class of a repetition or a look-ahead. */
  readonly bit: number;
  readonly min: number;
  readonly max: number;
  readonly next: Step | undefined;
  /** Alternatives in their order. */
  readonly options: readonly Step[];
}

export const end = 0;
export const repeat = 1;
export const choice = 2;
export const look = 3;
export const lookNot = 4;

/** The `max` of `*` and `+`. */
export const unbounded = 2 ** 31 - 1;

/** The bits of the classes of which the next character must have one; all bits if anything may come. */
export function firstBits(step: Step): number {
  if (step.kind === choice) return step.options.reduce((bits, option) => bits | firstBits(option), 0);
  if (step.kind !== repeat) return -1;
  return step.min > 0 ? step.bit : step.bit | firstBits(step.next as Step);
}
