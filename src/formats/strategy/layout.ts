/** How one parameter is split over the devices of its pipeline stage, as MindSpore's strategy files describe it. */
export interface ParameterLayout {
  readonly name: string;
  /** Devices of a stage as a matrix, such as [data parallel, model parallel]. */
  readonly deviceMatrix: readonly number[];
  /**
   * Per dimension: −1 not split, or the split's dimension of the device matrix counted from the right; a list for
   * several.
   */
  readonly tensorMap: readonly (number | readonly number[])[];
  /** Shape of the slice on one device, already divided by optimizer sharding; may be empty. */
  readonly sliceShape: readonly number[];
  readonly indicesOffset: readonly number[];
  readonly field: number;
  /** Distance of the ranks that share one optimizer shard group; 0: no optimizer sharding, −1: all replicas. */
  readonly optimizerShardStep: number;
  /** Parts that the first dimension is split into further; 0: none, −1: as many as there are replicas. */
  readonly optimizerShardSize: number;
}

/** Content of one strategy file. */
export interface StrategyFile {
  /** Pipeline stage that the operators of the file belong to. */
  readonly stage: number;
  /** True for the output of `merge_pipeline_strategys`: every name begins with its stage and a hyphen. */
  readonly merged: boolean;
  readonly layouts: readonly ParameterLayout[];
}
