/** What step times are estimated from. Every number can be replaced by a measured one. */
export interface Hardware {
  readonly name: string;
  readonly devicesPerNode: number;
  /** Peak of matrix products in compute type, FLOP/s of one device. */
  readonly peakFlops: number;
  /** Share of the peak that a device reaches while it computes (bubbles and communication are counted beside it). */
  readonly efficiency: number;
  /** Bytes per second and device in one direction, inside a node … */
  readonly insideNode: number;
  /** … and between nodes. */
  readonly betweenNodes: number;
  /** Share of a link's speed that collective operations reach. */
  readonly linkEfficiency: number;
  /** Share of the reduction of gradients that runs behind the backward pass. */
  readonly overlap: number;
}

/**
 * Atlas 800T A2: 8 NPUs, 313 TFLOPS of bfloat16 each (the lower of the figures commonly quoted for the 910B, 313 to
 * 376), HCCS with 196 GB/s and 200 Gb/s of RoCE per device and direction (nominal). `efficiency`, `linkEfficiency` and
 * `overlap` are assumptions, not measurements: they move all times alike, the order of layouts little.
 * `peakFlops · efficiency` should be set from a run's own throughput where there is one.
 */
export const atlas800tA2: Hardware = {
  name: "Atlas 800T A2",
  devicesPerNode: 8,
  peakFlops: 313e12,
  efficiency: 0.5,
  insideNode: 196e9,
  betweenNodes: 25e9,
  linkEfficiency: 0.7,
  overlap: 0.5,
};
