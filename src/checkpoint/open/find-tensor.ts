import { requireText, shownValue } from "../../core/arguments.js";
import { CheckpointError } from "../../core/error.js";
import { listed, remedyOf } from "../read/points/finding.js";
import type { StoredPoint } from "../read/stored-point.js";
import type { GlobalTensor } from "../read/tensor-index.js";
import { missingTensor } from "./naming.js";

/** A point as messages call it. */
export interface NamedPoint {
  readonly stored: StoredPoint;
  readonly title: string;
}

/** One tensor of the whole model, or the slice of it that a rank holds. */
export async function findTensor(of: NamedPoint, name: string, rank: number | undefined): Promise<GlobalTensor> {
  requireText(name, "checkpoint.tensor, name", 'await checkpoint.tensor("embedding.word_embeddings.weight")');
  requireReadable(of, rank);
  const index = await of.stored.index();
  const tensor = index.get(name);
  const own = rank === undefined ? undefined : tensor?.parts.find(({ file }) => file.rank === rank);
  if (tensor && rank === undefined) return tensor;
  if (tensor && own) {
    const part = { ...own, offset: own.entry.shape.map(() => 0) };
    return { ...tensor, shape: own.entry.shape, placed: true, parts: [part] };
  }
  const where = rank === undefined ? listed(ranksOf(of)) : `rank ${rank}`;
  throw missingTensor(name, { title: of.title, where, known: index.keys() });
}

/** @throws CheckpointError CHECKPOINT_MISSING for a rank without a file; CHECKPOINT_NONE if no file can be read. */
export function requireReadable(of: NamedPoint, rank: number | undefined): void {
  const ranks = ranksOf(of);
  if (rank !== undefined && !ranks.includes(rank)) {
    const message = `${of.title}: expected a file of rank ${shownValue(rank)}, found ${listed(ranks)}`;
    throw new CheckpointError("CHECKPOINT_MISSING", message, {
      hint: `choose one of ${ranks.slice(0, 20).join(", ")}`,
    });
  }
  const { parts } = of.stored.point;
  const files = parts.filter((part) => rank === undefined || part.rank === rank);
  if (files.some(({ problem }) => problem === undefined)) return;
  const message = `${of.title}: no file can be read: ${files[0]?.problem ?? "there is none"}`;
  throw new CheckpointError("CHECKPOINT_NONE", message, { hint: remedyOf(of.stored.point) });
}

function ranksOf({ stored }: NamedPoint): number[] {
  return [...new Set(stored.point.parts.map(({ rank }) => rank))];
}
