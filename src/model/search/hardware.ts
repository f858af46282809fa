/** Speeds of devices and links, from which step times are estimated. You can replace every number by a measured one. */
export interface Hardware {
  readonly name: string;
  readonly devicesPerNode: number;
  /** Peak of matrix products in compute type, FLOP/s of one device. */
  readonly peakFlops: number;
  /** Share of the peak that a device reaches while it computes (bubbles and communication are counted separately). */
  readonly efficiency: number;
  /** Bytes per second, device, and direction, inside a node. */
  readonly insideNode: number;
  /** Bytes per second, device, and direction, between nodes. */
  readonly betweenNodes: number;
  /** Share of a link's speed that collective operations reach. */
  readonly linkEfficiency: number;
  /** Share of the gradients' reduction that overlaps the backward pass. */
  readonly overlap: number;
}

/**
 * Atlas 800T A2: 8 NPUs, 313 TFLOPS of bfloat16 each (the lower of the figures commonly quoted for the 910B, 313 to
 * 376), HCCS with 196 GB/s and 200 Gb/s of RoCE per device and direction (nominal). `efficiency`, `linkEfficiency` and
 * `overlap` are assumptions, not measurements: they change all times alike, and the order of layouts little.
 * Set `peakFlops · efficiency` from the throughput of a run if you have one.
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
