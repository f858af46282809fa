/**
 * How one tensor differs between two checkpoints. Measures are missing unless both sides hold the tensor with the
 * same shape.
 */
export interface TensorDifference {
  readonly name: string;
  readonly change: "new" | "missing" | "shape" | "dtype" | "values" | "same";
  /** Type and shape: `F32 [64, 128]`; undefined if it is missing. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly elements?: number;
  /** L2 norm of the difference divided by that of the tensor before; infinite if that was zero. */
  readonly relativeL2?: number;
  /** Cosine of the angle between both as vectors: 1 for the same direction. */
  readonly cosine?: number;
  /** Largest absolute difference of one element. */
  readonly largest?: number;
  /** Share of elements with exactly the same value. */
  readonly unchanged?: number;
  /** Pairs with NaN or infinite values. */
  readonly notFinite?: number;
  /** Rows of the first dimension (of experts too) without any change, in a tensor that changed elsewhere. */
  readonly deadRows?: number;
}
