import type { ElementType } from "../../formats/dtype.js";
import type { Placement } from "../../formats/strategy/placement.js";
import type { TensorEntry } from "../../formats/tensor-entry.js";
import type { IterationMetadata } from "./files/metadata-json.js";
import type { TensorHeader } from "./files/tensor-file.js";
import { kindOf, type TensorKind } from "./kind.js";
import type { PointPart } from "./points/saved-point.js";

/** One file's piece of a tensor. */
export interface TensorPart {
  readonly file: PointPart;
  readonly entry: TensorEntry;
  /** Where it begins in the whole tensor; undefined if nothing says so. */
  readonly offset: readonly number[] | undefined;
}

/** A tensor of the whole model and the pieces that the files hold. */
export interface GlobalTensor {
  readonly name: string;
  readonly kind: TensorKind;
  readonly dtype: ElementType;
  /** Of the whole tensor, if its pieces are placed; else of the piece on the first rank. */
  readonly shape: readonly number[];
  /** True if the place of every piece is known, so that the whole tensor can be put together. */
  readonly placed: boolean;
  readonly parts: readonly TensorPart[];
}

export interface IndexedFile {
  readonly part: PointPart;
  readonly header: TensorHeader;
}

/** Where the slice of a tensor on a rank lies, by a strategy; undefined if it names no such tensor. */
export type PlaceOf = (entry: TensorEntry, rank: number) => Placement | undefined;

export interface IndexOptions {
  readonly metadata?: IterationMetadata | undefined;
  readonly placeOf?: PlaceOf | undefined;
  /** Every file holds whole tensors: Hugging Face, merged, single files. */
  readonly whole: boolean;
}

interface Growing extends GlobalTensor {
  shape: readonly number[];
  placed: boolean;
  readonly parts: TensorPart[];
}

/** Puts the tensors of all files together by name. */
export function indexTensors(files: Iterable<IndexedFile>, options: IndexOptions): Map<string, GlobalTensor> {
  const tensors = new Map<string, Growing>();
  for (const { part, header } of files) {
    const fileName = part.path.slice(part.path.lastIndexOf("/") + 1);
    for (const entry of header.tensors) addPart(tensors, { part, entry, fileName }, options);
  }
  return tensors;
}

function addPart(
  tensors: Map<string, Growing>,
  { part, entry, fileName }: { readonly part: PointPart; readonly entry: TensorEntry; readonly fileName: string },
  options: IndexOptions,
): void {
  const { name, dtype } = entry;
  const place = placement({ part, entry, fileName }, options);
  const piece = { file: part, entry, offset: place?.offset };
  const known = tensors.get(name);
  if (known === undefined) {
    const shape = place?.globalShape ?? entry.shape;
    tensors.set(name, { name, kind: kindOf(name), dtype, shape, placed: place !== undefined, parts: [piece] });
    return;
  }
  known.parts.push(piece);
  if (place === undefined) known.placed = false;
}

function placement(
  { part, entry, fileName }: { readonly part: PointPart; readonly entry: TensorEntry; readonly fileName: string },
  { metadata, placeOf, whole }: IndexOptions,
): { readonly offset: readonly number[]; readonly globalShape: readonly number[] } | undefined {
  if (whole) return { offset: entry.shape.map(() => 0), globalShape: entry.shape };
  const described = metadata?.tensors.get(entry.name);
  const offset = metadata?.offsetOf.get(entry.name)?.get(fileName);
  if (described && offset && offset.length === entry.shape.length) {
    return { offset, globalShape: described.globalShape };
  }
  return placeOf?.(entry, part.rank);
}

/** Pieces that hold the same slice, by slice; in the order of the files. */
export function slicesOf({ parts }: GlobalTensor): TensorPart[][] {
  const slices = new Map<string, TensorPart[]>();
  for (const part of parts) {
    const key = `${part.offset?.join() ?? "?"}/${part.entry.shape.join()}`;
    const slice = slices.get(key);
    if (slice) slice.push(part);
    else slices.set(key, [part]);
  }
  return [...slices.values()];
}
