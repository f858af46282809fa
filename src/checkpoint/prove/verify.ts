import { crc32 } from "node:zlib";
import { throwIfCancelled } from "../../core/cancel.js";
import { CancelledError, type Issue, isLabError } from "../../core/error.js";
import { formatCount, formatDuration } from "../../core/units.js";
import { streamTensors } from "../read/files/stream-tensors.js";
import { type OpenTensorFile, type TensorHeader, withTensorFile } from "../read/files/tensor-file.js";
import { kindOf } from "../read/kind.js";
import { issue, remedyOf } from "../read/points/finding.js";
import type { PointPart, SavedPoint } from "../read/points/saved-point.js";
import type { StoredPoint } from "../read/stored-point.js";
import type { GlobalTensor } from "../read/tensor-index.js";
import { missingForResume, missingOnRanks, noteTensor, type TensorSeen } from "./agreement.js";
import { addNotFinite, countNotFinite, type NotFinite } from "./finite.js";
import { iterationNoteIssues, metadataIssues } from "./iteration-notes.js";
import { rankNoteIssues } from "./rank-notes.js";
import { differencesUnjudged, isOwnOfRank, momentsWithoutWeight, replicasThatDiffer } from "./state-agreement.js";
import { checkStoredCrc } from "./stored-crc.js";
import { Verification } from "./verification.js";

const maximumFindings = 200;
/** The ranks of one training save together; further apart, the files are of different starts. */
const maximumSpread = 30 * 60_000;
/** No weight or moment of a training comes near; a flipped exponent bit goes far beyond. */
const implausible = 2 ** 60;
const denormalShare = 0.05;

export interface VerifyRequest {
  readonly stored: StoredPoint;
  readonly step: number | undefined;
  /** What is known to be wrong already: missing ranks; headers that can't be read (path = the file). */
  readonly known: readonly Issue[];
  /** Called with the bytes read so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What reading a whole tensor of one file has shown. */
export interface TensorReading extends NotFinite {
  /** CRC-32 of its bytes. */
  checksum: number;
}

interface Work {
  readonly request: VerifyRequest;
  readonly findings: Issue[];
  /** The hint for damage. */
  readonly remedy: string;
  readonly seen: Map<string, TensorSeen>;
  readonly done: { tensors: number; bytes: number };
  /** CRC-32 by file and tensor, for comparing replicas. */
  readonly checksums: Map<string, Map<string, number>>;
  checked: number;
}

/**
 * Reads every byte of every file: header against size, stored CRC, NaN, infinities, and implausible values in each
 * tensor, the ranks' tensors against each other (types, shapes; replicas by value where their place is known), whether
 * what a resume needs is there, and the notes beside the files (`meta.json`, `common.json`, `metadata.json`, the
 * tracker) against the files.
 */
export async function verifyPoint(request: VerifyRequest): Promise<Verification> {
  const started = Date.now();
  const { stored } = request;
  const work: Work = {
    request,
    findings: [...request.known],
    remedy: remedyOf(stored.point),
    seen: new Map(),
    done: { tensors: 0, bytes: 0 },
    checksums: new Map(),
    checked: 0,
  };
  const { folder, layout } = stored.point;
  const files = stored.readable();
  let redundancyRemoved = false;
  for (const file of files) {
    const header = await verifyFile(work, file);
    if (header?.metadata.remove_redundancy === "True") redundancyRemoved = true;
  }
  const { findings, seen, done } = work;
  findings.push(...nothingRead(work));
  const ranks = [...new Set(files.map(({ rank }) => rank))];
  const ranked = layout === "ranks" || layout === "iteration";
  if (layout === "ranks" && !redundancyRemoved) findings.push(...missingOnRanks(seen, ranks));
  if (files.length > 0 && ranked) {
    findings.push(...missingForResume(seen.keys(), { folder, counted: stored.point.common?.step !== undefined }));
    findings.push(...momentsWithoutWeight(seen.keys()));
    findings.push(...savedApart(stored.point, files));
  }
  findings.push(...(await noteIssues(stored)));
  const index = await readIndex(work);
  if (index !== undefined) {
    findings.push(...replicasThatDiffer(index, work.checksums));
    if (layout === "ranks") findings.push(...differencesUnjudged(index, seen, folder));
  }
  const shared = [...seen].filter(([, { ranks }]) => ranks.length > 1);
  const differing = shared.filter(([, { identical }]) => !identical).map(([name]) => name);
  const facts = {
    ...done,
    step: request.step,
    ranks: ranks.length,
    shared: shared.length,
    identical: shared.length - differing.length,
    ownOfRank: differing.filter(isOwnOfRank),
    checksummedFiles: work.checked,
    files: files.length,
  };
  return new Verification({ ...facts, milliseconds: Date.now() - started }, bounded(findings, stored.point));
}

/** An error where no tensor was read and nothing else says why: a check of nothing proves nothing. */
function nothingRead({ request, findings, done, remedy }: Work): Issue[] {
  if (done.tensors > 0 || findings.some(({ severity }) => severity === "error")) return [];
  const message = "expected at least one tensor in the checkpoint's files, found none";
  return [issue("error", "checkpoint-empty", { path: request.stored.point.folder, message, hint: remedy })];
}

/** The notes beside the files that MindFormers resumes by, against the files. */
async function noteIssues(stored: StoredPoint): Promise<Issue[]> {
  if (stored.point.layout === "ranks") return rankNoteIssues(stored);
  return stored.point.layout === "iteration" ? iterationNoteIssues(stored) : [];
}

/** The tensors by name, compared with `metadata.json` where the layout has one; undefined if that is damaged. */
async function readIndex({ request, findings }: Work): Promise<ReadonlyMap<string, GlobalTensor> | undefined> {
  const { stored, signal } = request;
  try {
    const index = await stored.index(signal);
    if (stored.point.layout === "iteration") findings.push(...metadataIssues(stored, await stored.metadata(), index));
    return index;
  } catch (error) {
    if (!isLabError(error) || error.code !== "CHECKPOINT_INDEX_INVALID") throw error;
    const path = String(error.details.file);
    const message = error.message.replace(`${path}: `, "");
    findings.push(issue("error", "checkpoint-metadata", { path, message, hint: remedyOf(stored.point) }));
    return undefined;
  }
}

async function verifyFile(work: Work, part: PointPart): Promise<TensorHeader | undefined> {
  throwIfCancelled(work.request.signal, "verifying the checkpoint");
  try {
    // The header is read again: the file may have changed since the folder was opened.
    return await withTensorFile(part.path, work.request.stored.options, async (file) => {
      await verifyTensors(work, part, file);
      return file.header;
    });
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    work.findings.push(issue("error", "checkpoint-unreadable", { path: part.path, message, hint: work.remedy }));
    return undefined;
  }
}

async function verifyTensors(work: Work, part: PointPart, file: OpenTensorFile): Promise<void> {
  const { findings, seen, done, request } = work;
  const readings = new Map<string, TensorReading>();
  await streamTensors(
    file,
    (entry, bytes) => {
      const counted = countNotFinite(bytes, entry.dtype);
      const before = readings.get(entry.name);
      if (before === undefined) readings.set(entry.name, { ...counted, checksum: crc32(bytes) });
      else {
        addNotFinite(before, counted);
        before.checksum = crc32(bytes, before.checksum);
      }
    },
    {
      signal: request.signal,
      onBytes: (bytes) => {
        done.bytes += bytes;
        request.onProgress?.(done.bytes);
      },
    },
  );
  const checksums = new Map<string, number>();
  for (const entry of file.header.tensors) {
    const reading = readings.get(entry.name) ?? { nan: 0, infinite: 0, denormal: 0, largest: 0, checksum: 0 };
    checksums.set(entry.name, reading.checksum);
    done.tensors += 1;
    findings.push(...valueIssues({ rank: part.rank, remedy: work.remedy }, entry, reading));
    findings.push(...noteTensor(seen, part.rank, { entry, checksum: reading.checksum }));
  }
  work.checksums.set(part.path, checksums);
  const crc = await checkStoredCrc(file, checksums);
  const broken = { path: part.path, message: crc.broken ?? "", hint: work.remedy };
  if (crc.broken !== undefined) findings.push(issue("error", "checkpoint-crc", broken));
  if (crc.checked) work.checked += 1;
}

function valueIssues(
  { rank, remedy }: { readonly rank: number; readonly remedy: string },
  { name, elements }: { readonly name: string; readonly elements: number },
  { nan, infinite, denormal, largest }: TensorReading,
): Issue[] {
  const among = `among ${formatCount(elements)}`;
  if (nan + infinite > 0) {
    const count = `${formatCount(nan)} NaN and ${formatCount(infinite)} infinite`;
    const message = `rank ${rank}: expected finite values, found ${count} ${among}`;
    return [issue("error", "checkpoint-not-finite", { path: name, message, hint: remedy })];
  }
  const hint = `look at it: (await checkpoint.tensor(${JSON.stringify(name)})).statistics()`;
  const kind = kindOf(name);
  if (largest > implausible && kind !== "state") {
    const found = largest.toExponential(2);
    const message = `rank ${rank}: expected magnitudes below 2^60, found ${found}: typical of a flipped bit`;
    return [issue("error", "checkpoint-implausible", { path: name, message, hint })];
  }
  if (kind === "weight" && elements >= 64 && denormal > denormalShare * elements) {
    const message =
      `rank ${rank}: expected few denormal values, found ${formatCount(denormal)} ${among}: ` +
      "typical of shifted bytes";
    return [issue("warning", "checkpoint-implausible", { path: name, message, hint })];
  }
  return [];
}

function savedApart(point: SavedPoint, files: readonly PointPart[]): Issue[] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { savedAt } of files) {
    first = Math.min(first, savedAt.getTime());
    last = Math.max(last, savedAt.getTime());
  }
  const spread = last - first;
  if (files.length < 2 || spread <= maximumSpread) return [];
  const limit = formatDuration(maximumSpread);
  const message =
    `expected the ranks' files to be saved within ${limit}, found ${formatDuration(spread)}: ` +
    "they may come from different attempts";
  return [issue("warning", "checkpoint-saved-apart", { path: point.folder, message, hint: remedyOf(point) })];
}

function bounded(findings: readonly Issue[], point: SavedPoint): readonly Issue[] {
  if (findings.length <= maximumFindings) return findings;
  const rest = findings.length - maximumFindings;
  const errors = findings.slice(maximumFindings).filter((found) => found.severity === "error").length;
  const message = `${formatCount(rest)} further findings, ${formatCount(errors)} of them errors`;
  const severity = errors > 0 ? "error" : "advice";
  return [
    ...findings.slice(0, maximumFindings),
    issue(severity, "checkpoint-more-findings", { path: point.folder, message, hint: remedyOf(point) }),
  ];
}
