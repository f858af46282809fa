import { crc32 } from "node:zlib";
import type { ByteSource } from "../../core/bytes.js";
import { throwIfCancelled } from "../../core/cancel.js";
import { CancelledError, type Issue } from "../../core/error.js";
import { formatCount, formatDuration } from "../../core/units.js";
import type { TensorEntry } from "../../formats/safetensors.js";
import { issue, otherCheckpoint } from "../read/finding.js";
import { withRankFile } from "../read/rank-file.js";
import type { CheckpointFile } from "../read/scan.js";
import { missingForResume, missingOnRanks, noteTensor, type TensorSeen } from "./agreement.js";
import { countNotFinite } from "./finite.js";
import { Verification } from "./verification.js";

/** Bytes read at a time; a multiple of every element's size. */
const chunkBytes = 8 * 1024 * 1024;
const maximumFindings = 200;
/** The ranks of one training save together; further apart, the files are of different starts. */
const maximumSpread = 30 * 60_000;

export interface VerifyRequest {
  readonly step: number;
  /** The folder of the rank folders. */
  readonly folder: string;
  readonly files: readonly CheckpointFile[];
  /** What is known to be wrong already: missing ranks; headers that can't be read (path = the file). */
  readonly known: readonly Issue[];
  /** Called with the bytes read so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

interface Work {
  readonly request: VerifyRequest;
  readonly findings: Issue[];
  readonly seen: Map<string, TensorSeen>;
  readonly done: { tensors: number; bytes: number };
}

/**
 * Reads every byte of every rank's file: header against size, NaN and infinities in each tensor, the ranks' tensors against each other
 * (types and shapes must agree; values are compared and counted), and whether what a resume needs is there.
 */
export async function verifyFiles(request: VerifyRequest): Promise<Verification> {
  const started = Date.now();
  const work: Work = { request, findings: [...request.known], seen: new Map(), done: { tensors: 0, bytes: 0 } };
  const broken = new Set(request.known.map((issue) => issue.path));
  const files = request.files.filter(({ path }) => !broken.has(path));
  let redundancyRemoved = false;
  for (const file of files) {
    const metadata = await verifyFile(work, file);
    if (metadata?.remove_redundancy === "True") redundancyRemoved = true;
  }
  const { findings, seen, done } = work;
  const ranks = files.map(({ rank }) => rank);
  if (!redundancyRemoved) findings.push(...missingOnRanks(seen, ranks));
  if (files.length > 0) findings.push(...missingForResume(seen.keys(), request.folder));
  findings.push(...savedApart(request.folder, files));
  const shared = [...seen.values()].filter((tensor) => tensor.ranks.length > 1);
  const identical = shared.filter((tensor) => tensor.identical).length;
  const facts = { ...done, step: request.step, ranks: ranks.length, shared: shared.length, identical };
  return new Verification({ ...facts, milliseconds: Date.now() - started }, bounded(findings, request.folder));
}

async function verifyFile(work: Work, file: CheckpointFile): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    return await withRankFile(file.path, async (source, { tensors, metadata }) => {
      for (const entry of tensors) await verifyTensor(work, { file, source, entry });
      return metadata;
    });
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    work.findings.push(issue("error", "checkpoint-unreadable", { path: file.path, message, hint: otherCheckpoint }));
    return undefined;
  }
}

interface TensorPlace {
  readonly file: CheckpointFile;
  readonly source: ByteSource;
  readonly entry: TensorEntry;
}

async function verifyTensor(
  { request, findings, seen, done }: Work,
  { file, source, entry }: TensorPlace,
): Promise<void> {
  let [nan, infinite, checksum] = [0, 0, 0];
  const end = entry.start + entry.bytes;
  for (let start = entry.start; start < end; start += chunkBytes) {
    throwIfCancelled(request.signal, "verifying the checkpoint");
    const chunk = await source.slice(start, Math.min(end, start + chunkBytes));
    const count = countNotFinite(chunk, entry.dtype);
    nan += count.nan;
    infinite += count.infinite;
    checksum = crc32(chunk, checksum);
    done.bytes += chunk.byteLength;
    request.onProgress?.(done.bytes);
  }
  done.tensors += 1;
  if (nan + infinite > 0) {
    const count = `${formatCount(nan)} NaN and ${formatCount(infinite)} infinite`;
    const message = `rank ${file.rank}: expected finite values, found ${count} among ${formatCount(entry.elements)}`;
    findings.push(issue("error", "checkpoint-not-finite", { path: entry.name, message, hint: otherCheckpoint }));
  }
  findings.push(...noteTensor(seen, file.rank, { entry, checksum }));
}

function savedApart(folder: string, files: readonly CheckpointFile[]): Issue[] {
  const times = files.map(({ savedAt }) => savedAt.getTime());
  const spread = Math.max(...times) - Math.min(...times);
  if (files.length < 2 || spread <= maximumSpread) return [];
  const limit = formatDuration(maximumSpread);
  const message = `expected the ranks' files to be saved within ${limit}, found ${formatDuration(spread)}: they may be of different starts`;
  return [issue("warning", "checkpoint-saved-apart", { path: folder, message, hint: otherCheckpoint })];
}

function bounded(findings: readonly Issue[], folder: string): readonly Issue[] {
  if (findings.length <= maximumFindings) return findings;
  const rest = findings.length - maximumFindings;
  const errors = findings.slice(maximumFindings).filter((found) => found.severity === "error").length;
  const message = `${formatCount(rest)} further findings, ${formatCount(errors)} of them errors`;
  const severity = errors > 0 ? "error" : "advice";
  return [
    ...findings.slice(0, maximumFindings),
    issue(severity, "checkpoint-more-findings", { path: folder, message, hint: otherCheckpoint }),
  ];
}
