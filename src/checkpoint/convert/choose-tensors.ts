import { CheckpointError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import { nameMatcher } from "../read/match.js";
import type { StoredPoint } from "../read/stored-point.js";
import type { GlobalTensor } from "../read/tensor-index.js";

/** Which tensors a conversion keeps. */
export interface ChooseOptions {
  /** `"weights"`: without optimizer moments and counters; default: everything. */
  readonly keep?: "weights" | "everything";
  /** Names to keep: `*` stands for any characters, or a regular expression. */
  readonly match?: string | RegExp;
}

const collator = new Intl.Collator("en", { numeric: true });

/** The tensors that a conversion takes, in the order of their names. */
export async function chooseTensors(stored: StoredPoint, options: ChooseOptions): Promise<GlobalTensor[]> {
  const matches = nameMatcher(options.match);
  const index = await stored.index();
  return [...index.values()]
    .filter(({ name, kind }) => (options.keep !== "weights" || kind === "weight") && matches(name))
    .sort((a, b) => collator.compare(a.name, b.name));
}

/**
 * The same with the place of every slice known.
 * @throws CheckpointError CHECKPOINT_PLACES_UNKNOWN if ranks hold a tensor and nothing says whether as slices or
 * replicas.
 */
export async function choosePlaced(stored: StoredPoint, options: ChooseOptions): Promise<GlobalTensor[]> {
  const tensors = await chooseTensors(stored, options);
  const unknown = tensors.find(({ placed, kind, parts }) => !placed && kind !== "state" && parts.length > 0);
  if (unknown === undefined) return tensors;
  const ranks = new Set(unknown.parts.map(({ file }) => file.rank)).size;
  const message =
    `tensor ${JSON.stringify(unknown.name)}: held by ${formatCount(ranks, "rank")}; ` +
    "expected a strategy that says whether as slices or replicas, found none";
  throw new CheckpointError("CHECKPOINT_PLACES_UNKNOWN", message, {
    hint:
      'openCheckpoint(folder, { strategy: "output/strategy" }), ' +
      'or { strategy: "replicas" } for pure data parallelism',
  });
}

/** A counter or buffer that ranks hold alike: the first one's. */
export function firstOf(tensor: GlobalTensor): GlobalTensor {
  const [part] = tensor.parts;
  if (tensor.placed || part === undefined) return tensor;
  const own = { ...part, offset: part.entry.shape.map(() => 0) };
  return { ...tensor, shape: part.entry.shape, placed: true, parts: [own] };
}
