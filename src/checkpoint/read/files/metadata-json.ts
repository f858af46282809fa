import { CheckpointError } from "../../../core/error.js";
import type { FileAccess } from "./file-access.js";
import { readSmallText } from "./file-access.js";

/** What the 1.9 layout's `metadata.json` says of one tensor. */
export interface DescribedTensor {
  readonly globalShape: readonly number[];
  /** MindSpore's name of the type, such as `Float32`; undefined if the file does not say so. */
  readonly dtype: string | undefined;
  /** Into how many slices each axis is cut; undefined if the file does not say so. */
  readonly cuts: readonly number[] | undefined;
  readonly chunks: readonly { readonly offset: readonly number[]; readonly shape: readonly number[] }[];
}

export interface IterationMetadata {
  readonly tensors: ReadonlyMap<string, DescribedTensor>;
  /** By tensor and file name: where the slice in that file begins. */
  readonly offsetOf: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
}

const limit = 2 * 1024 ** 3;

/**
 * Reads `metadata.json` (MindFormers' `save_metadata`): `state_dict_metadata` by tensor with `global_shape` and
 * `chunk`, and `storage_data` with keys that are Python's text of a tuple, `('name', (1,))`. MindFormers 1.9 calls the
 * number in it an offset, but writes the number of the slice, counted along the last axis first.
 * @throws CheckpointError CHECKPOINT_INDEX_INVALID if it says anything else.
 */
export async function readIterationMetadata(files: FileAccess, path: string): Promise<IterationMetadata> {
  const fail = (what: string) =>
    new CheckpointError("CHECKPOINT_INDEX_INVALID", `${path}: ${what}`, {
      hint: "copy metadata.json again from its source",
      details: { file: path },
    });
  let root: unknown;
  try {
    root = JSON.parse((await readSmallText(files, path, limit)) ?? "");
  } catch (error) {
    throw fail(`expected JSON, found ${error instanceof Error ? error.message : error}`);
  }
  const { state_dict_metadata: described, storage_data: storage } = record(root);
  const tensors = new Map<string, DescribedTensor>();
  for (const [name, value] of Object.entries(record(described))) {
    const tensor = describedTensor(value);
    if (tensor === undefined) throw fail(`tensor ${JSON.stringify(name)}: expected global_shape and chunk`);
    tensors.set(name, tensor);
  }
  const offsetOf = new Map<string, Map<string, readonly number[]>>();
  for (const [key, places] of Object.entries(record(storage))) {
    const parsed = parseShardKey(key);
    if (parsed === undefined || !Array.isArray(places))
      throw fail(`storage_data: expected ('name', (0, …)), found ${key}`);
    const files = offsetOf.get(parsed.name) ?? new Map<string, readonly number[]>();
    offsetOf.set(parsed.name, files);
    const offset = sliceOffset(tensors.get(parsed.name), parsed.offset);
    if (offset === undefined) throw fail(`storage_data: ${key}: expected the number of a slice of that tensor`);
    for (const place of places) {
      const { file_name: file } = record(place);
      if (typeof file !== "string") throw fail(`storage_data: ${key}: expected file_name`);
      files.set(file, offset);
    }
  }
  return { tensors, offsetOf };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/**
 * Where a slice begins, in elements. One number for a tensor whose cuts are known is the number of the slice
 * (`_rank_id_with_slice_id` of MindFormers); other keys hold elements. Undefined if there is no such slice.
 */
function sliceOffset(tensor: DescribedTensor | undefined, written: readonly number[]): readonly number[] | undefined {
  const { cuts, globalShape } = tensor ?? {};
  if (cuts === undefined || globalShape === undefined || written.length !== 1) return written;
  let rest = written[0] ?? 0;
  const offset = globalShape.map(() => 0);
  for (let axis = cuts.length - 1; axis >= 0; axis--) {
    const count = cuts[axis] ?? 1;
    offset[axis] = (rest % count) * Math.floor((globalShape[axis] ?? 0) / count);
    rest = Math.floor(rest / count);
  }
  return rest === 0 ? offset : undefined;
}

function describedTensor(value: unknown): DescribedTensor | undefined {
  const { global_shape: globalShape, axis_fragmentations: cuts, chunk, properties } = record(value);
  const { dtype } = record(properties);
  if (!isShape(globalShape) || !Array.isArray(chunk)) return undefined;
  // MindFormers describes a scalar by one axis that is not cut.
  const axes = globalShape.length === 0 ? [0, 1] : [globalShape.length];
  if (cuts !== undefined && !(isShape(cuts) && axes.includes(cuts.length) && !cuts.includes(0))) return undefined;
  const chunks: { offset: readonly number[]; shape: readonly number[] }[] = [];
  for (const entry of chunk) {
    const { global_offset: offset, local_shape: shape } = record(entry);
    if (!isShape(offset) || !isShape(shape)) return undefined;
    chunks.push({ offset, shape });
  }
  return {
    globalShape,
    dtype: typeof dtype === "string" ? dtype : undefined,
    cuts: (cuts as readonly number[] | undefined)?.slice(0, globalShape.length),
    chunks,
  };
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** `('decoder.weight', (0, 128))` → name and offset; Python may write the name in double quotes. */
export function parseShardKey(key: string): { readonly name: string; readonly offset: readonly number[] } | undefined {
  const match = /^\((?:'([^']*)'|"([^"]*)"), \(([\d, ]*)\)\)$/.exec(key);
  if (!match) return undefined;
  const numbers = (match[3] ?? "").split(",").filter((text) => text.trim() !== "");
  return { name: match[1] ?? match[2] ?? "", offset: numbers.map(Number) };
}
