/** When a detector speaks. All times in milliseconds. */
export interface DetectionLimits {
  /** Silence while training; undefined: the longer of `hangAtLeastMs` and `hangSteps` median step times. */
  readonly hangAfterMs: number | undefined;
  readonly hangAtLeastMs: number;
  readonly hangSteps: number;
  /** Silence from the start to the first step: the workers find each other and compile the graph. */
  readonly startAfterMs: number;
  /** Silence while a checkpoint is written, or the longer of it and four usual saves. */
  readonly saveAfterMs: number;
  readonly evaluateAfterMs: number;
  /** Steps that the robust statistics look back. */
  readonly window: number;
  /** A loss above median + this many deviations is high. */
  readonly spikeDeviations: number;
  /** So many high losses in a row are a spike. */
  readonly spikeSteps: number;
  /** So many equal losses in a row are a frozen loss. */
  readonly frozenSteps: number;
  /** Step time against the best window so far. */
  readonly slowdown: number;
  /** A rank's time before the collective against the median of all. */
  readonly slowRank: number;
  /** Report a disk that is full within this time. */
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
