import type { ElementType } from "../../formats/dtype.js";
import type { PartReader } from "../read/read-region.js";
import type { TensorFormat } from "../read/tensor-file.js";

/** A tensor to write: what it is, and where its bytes come from. */
export interface OutputTensor {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Bytes that have to be read for it. */
  readonly reads: number;
  /** Most bytes in memory while it is made. */
  readonly memory: number;
  /** Its data, little-endian and row-major, in blocks. */
  readonly blocks: (reader: PartReader, signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>;
}

export interface OutputFile {
  /** Path from the output folder. */
  readonly path: string;
  readonly format: TensorFormat;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly OutputTensor[];
}

/** A small file beside the tensors: an index, a config, a strategy. */
export interface OutputNote {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Everything that a conversion will write, before it writes anything. */
export interface OutputPlan {
  /** What is done, for people: `merge`, `reshard to 8 ranks`. */
  readonly title: string;
  readonly files: readonly OutputFile[];
  readonly notes: readonly OutputNote[];
  /** What the user should know: tensors that are left out, guesses. */
  readonly remarks: readonly string[];
}
