import { throwIfCancelled } from "../../../core/cancel.js";
import { CancelledError, isLabError } from "../../../core/error.js";
import { readHyperParameters } from "../files/hyper.js";
import { mapFiles } from "../files/map-files.js";
import { formatOfName, type ReadOptions, type TensorHeader, withTensorFile } from "../files/tensor-file.js";
import type { PointPart } from "./saved-point.js";

export interface PartToRead {
  readonly rank: number;
  readonly path: string;
}

export interface PartsOptions extends ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Headers with more tensors than this over all files are not kept. */
const keptTensors = 1_000_000;

/**
 * Reads the headers of many files, some at a time. A file that can't be read becomes a part with its problem; one
 * that has gone meanwhile is left out: a training that still runs deletes its oldest checkpoints
 * (`keep_checkpoint_max`).
 */
export async function readParts(
  wanted: readonly PartToRead[],
  options: PartsOptions,
): Promise<(PointPart | undefined)[]> {
  const budget = { left: keptTensors };
  return mapFiles(wanted, async (part) => {
    throwIfCancelled(options.signal, "reading the checkpoints");
    return readPart(part, options, budget);
  });
}

async function readPart(
  { rank, path }: PartToRead,
  options: PartsOptions,
  budget: { left: number },
): Promise<PointPart | undefined> {
  const format = formatOfName(path) ?? "ckpt";
  try {
    return await withTensorFile(path, options, async (file) => {
      const { header, bytes, savedAt, version } = file;
      const hyper = await readHyperParameters(file);
      const kept = keep(header, budget);
      return { rank, path, bytes, savedAt, version, format: header.format, hyper, problem: undefined, header: kept };
    });
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    return damagedPart({ rank, path, format }, options, error);
  }
}

function keep(header: TensorHeader, budget: { left: number }): TensorHeader | undefined {
  if (budget.left < header.tensors.length) return undefined;
  budget.left -= header.tensors.length;
  return header;
}

async function damagedPart(
  part: Pick<PointPart, "rank" | "path" | "format">,
  { files }: PartsOptions,
  error: unknown,
): Promise<PointPart | undefined> {
  if (isLabError(error) && error.code === "FILE_MISSING") return undefined;
  const file = await files.open(part.path).catch(() => undefined);
  const problem = error instanceof Error ? error.message : String(error);
  const found = { bytes: file?.byteLength ?? 0, savedAt: file?.savedAt ?? new Date(0) };
  await file?.close();
  return file === undefined && !problem
    ? undefined
    : { ...part, ...found, hyper: undefined, problem, header: undefined };
}
