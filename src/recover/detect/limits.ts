/** Thresholds of the detectors. All times in milliseconds. */
export interface DetectionLimits {
  /** Silence while training; undefined: the longer of `hangAtLeastMs` and `hangSteps` median step times. */
  readonly hangAfterMs: number | undefined;
  readonly hangAtLeastMs: number;
  readonly hangSteps: number;
  /** Silence from the start to the first step: the workers connect and compile the graph. */
  readonly startAfterMs: number;
  /** Silence while a checkpoint is written, or the longer of it and four usual saves. */
  readonly saveAfterMs: number;
  readonly evaluateAfterMs: number;
  /** Steps that the robust statistics look back. */
  readonly window: number;
  /** A loss above median + this many deviations is high. */
  readonly spikeDeviations: number;
  /** Consecutive high losses that count as a spike. */
  readonly spikeSteps: number;
  /** Consecutive equal losses that count as a frozen loss. */
  readonly frozenSteps: number;
  /** Largest ratio of the step time to that of the best window so far. */
  readonly slowdown: number;
  /** Largest ratio of a rank's time before the collective to the median of all ranks. */
  readonly slowRank: number;
  /** A disk that will be full within this time is reported. */
  readonly diskFullWithinMs: number;
}

/** Defaults; `hangAfter` and friends of `recovery` replace single ones. */
export const defaultLimits: DetectionLimits = {
  hangAfterMs: undefined,
  hangAtLeastMs: 45_000,
  hangSteps: 10,
  startAfterMs: 3_600_000,
  saveAfterMs: 1_800_000,
  evaluateAfterMs: 3_600_000,
  window: 64,
  spikeDeviations: 8,
  spikeSteps: 3,
  frozenSteps: 12,
  slowdown: 1.3,
  slowRank: 1.3,
  diskFullWithinMs: 6 * 3_600_000,
};
