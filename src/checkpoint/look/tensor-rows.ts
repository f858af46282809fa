import { bitsOf } from "../../formats/dtype.js";
import { type GlobalTensor, slicesOf } from "../read/tensor-index.js";
import type { TensorRow } from "./tensor-table.js";

const kindOrder = { weight: 0, optimizer: 1, state: 2 } as const;
const collator = new Intl.Collator("en", { numeric: true });

/** Row of a tensor; `rank`: only of what this rank holds, undefined if it holds nothing. */
export function tensorRow(tensor: GlobalTensor, rank: number | undefined): TensorRow | undefined {
  const { name, kind, dtype } = tensor;
  const own = rank === undefined ? undefined : tensor.parts.find(({ file }) => file.rank === rank);
  if (rank !== undefined && own === undefined) return undefined;
  const shape = own ? own.entry.shape : tensor.shape;
  const elements = shape.reduce((product, size) => product * size, 1);
  const ranks = own ? [own.file.rank] : [...new Set(tensor.parts.map(({ file }) => file.rank))];
  const slices = own || !tensor.placed ? 1 : slicesOf(tensor).length;
  return { name, kind, dtype, shape, elements, bytes: (elements * bitsOf(dtype)) / 8, ranks, slices };
}

/** Weights first, then optimizer and state; layers in the order of their numbers. */
export function byKindAndName(a: TensorRow, b: TensorRow): number {
  return kindOrder[a.kind] - kindOrder[b.kind] || collator.compare(a.name, b.name);
}
