import { relative } from "node:path";
import { formatCount } from "../../core/units.js";
import type { TensorFormat } from "../read/files/tensor-file.js";
import { kindOf } from "../read/kind.js";
import { nameMatcher } from "../read/match.js";
import type { PointPart } from "../read/points/saved-point.js";
import type { StoredPoint } from "../read/stored-point.js";
import type { GlobalTensor } from "../read/tensor-index.js";
import type { ChooseOptions } from "./choose-tensors.js";
import { type OutputFile, type OutputPlan, rankNotes } from "./output-plan.js";
import { wholeTensor } from "./tensor-source.js";

/** Options of `checkpoint.toSafetensors`, `toCkpt`, and `removeRedundancy`. */
export interface FormatOptions extends ChooseOptions {
  /** Folder that will hold the converted files, in the same subfolders. */
  readonly output: string;
}

/** The same files in another format: each rank's file stays one file. Texts of a `.ckpt` become metadata and back. */
export async function formatPlan(
  stored: StoredPoint,
  format: TensorFormat,
  options: FormatOptions,
): Promise<OutputPlan> {
  const files: OutputFile[] = [];
  for (const part of stored.readable()) files.push(await convertedFile(stored, part, { ...options, format }));
  const remarks = stored.point.parts.length > files.length ? ["unreadable files are skipped"] : [];
  const title = `convert ${formatCount(files.length, "file")} to .${format}`;
  return { title, files, notes: rankNotes(files), remarks, strategy: stored.options.strategy };
}

async function convertedFile(
  stored: StoredPoint,
  part: PointPart,
  { format, keep, match }: ChooseOptions & { readonly format: TensorFormat },
): Promise<OutputFile> {
  const header = part.header ?? (await stored.withFile(part, async (file) => file.header));
  const matches = nameMatcher(match);
  const kept = header.tensors.filter(({ name }) => (keep !== "weights" || kindOf(name) === "weight") && matches(name));
  const { folder } = stored.point;
  const path = relative(folder, part.path).replace(/\.(ckpt|safetensors)$/, "");
  const metadata = convertedMetadata(header.metadata, format);
  const tensors = kept.map((entry) => wholeTensor(ownTensor(part, entry)));
  return { path: `${path}.${format}`, format, metadata, tensors };
}

/** A rank's own slice as a tensor of its own. */
export function ownTensor(part: PointPart, entry: GlobalTensor["parts"][number]["entry"]): GlobalTensor {
  const { name, dtype, shape } = entry;
  const offset = shape.map(() => 0);
  return { name, kind: kindOf(name), dtype, shape, placed: true, parts: [{ file: part, entry, offset }] };
}

function convertedMetadata(
  metadata: Readonly<Record<string, string>>,
  format: TensorFormat,
): Readonly<Record<string, string>> {
  const { crc_num: _, format: from, remove_redundancy: redundancy, ...texts } = metadata;
  if (format === "ckpt") return texts;
  return { ...texts, format: from ?? "ms", ...(redundancy === undefined ? {} : { remove_redundancy: redundancy }) };
}
