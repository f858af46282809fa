import { CheckpointError } from "../../core/error.js";
import type { ElementType } from "../../formats/dtype.js";
import { mindSporeNameOf } from "../../formats/mindspore-ckpt/tensor-types.js";
import type { TensorFormat } from "../read/files/tensor-file.js";
import type { PartReader } from "../read/read-region.js";

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
  /** Its data, little-endian and row-major, in blocks that follow each other. */
  readonly blocks: () => Iterable<OutputBlock>;
}

/** Consecutive bytes of a tensor to write. Blocks are independent: several may be made at once. */
export interface OutputBlock {
  readonly bytes: number;
  /** Makes them, in `memory` (of at least as many bytes) where that saves a copy. */
  readonly make: (reader: PartReader, memory: Uint8Array) => Promise<Uint8Array>;
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
  /** The strategy that opens the output, if it does not hold one itself. */
  readonly strategy?: string | undefined;
}

/**
 * `meta.json` for each folder of a rank: without it MindFormers 1.9 ends a resume with "expected str, bytes or
 * os.PathLike object, not NoneType".
 */
export function rankNotes(files: readonly OutputFile[]): OutputNote[] {
  return files.flatMap(({ path }) => {
    const [, folder, file, epoch, step] = /^(rank_\d+)\/([^/]+-(\d+)_(\d+)\.\w+)$/.exec(path) ?? [];
    if (folder === undefined) return [];
    const meta = { last_epoch: Number(epoch), last_step: Number(step), last_ckpt_file: file };
    return [{ path: `${folder}/meta.json`, content: JSON.stringify(meta) }];
  });
}

/**
 * Refuses a plan whose `.ckpt` files can't hold a tensor: MindSpore has no name for some types, and reads the shape
 * `[0]` as a single value, the number 0.
 * @throws CheckpointError CONVERT_TYPE_UNKNOWN with the tensor's name.
 */
export function requireCkptTensors({ files }: OutputPlan): void {
  for (const { format, tensors } of files) {
    if (format !== "ckpt") continue;
    for (const { name, dtype, shape } of tensors) {
      const isEmptyList = shape.length === 1 && shape[0] === 0;
      if (mindSporeNameOf(dtype) !== undefined && !isEmptyList) continue;
      const what = isEmptyList ? "an empty tensor of one dimension" : `elements of type ${dtype}`;
      const message = `tensor ${JSON.stringify(name)}: a .ckpt file can't hold ${what}`;
      const hint = "exclude it with match, or stay in safetensors";
      throw new CheckpointError("CONVERT_TYPE_UNKNOWN", message, { hint });
    }
  }
}
