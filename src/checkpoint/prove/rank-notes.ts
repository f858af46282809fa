import type { Issue } from "../../core/error.js";
import { readSmallText } from "../read/files/file-access.js";
import { mapFiles } from "../read/files/map-files.js";
import { type CheckpointFileName, parseCheckpointFileName, pointKey } from "../read/points/file-name.js";
import { issue, listed } from "../read/points/finding.js";
import type { PointPart } from "../read/points/saved-point.js";
import type { StoredPoint } from "../read/stored-point.js";

const limit = 1024 * 1024;
const ownNotes = "resumeRun(run, { from: checkpoint }) writes notes of its own";

/** What one `meta.json` says, or what is wrong with it; neither if there is none. */
interface RankNote {
  readonly rank: number;
  readonly path: string;
  readonly newest?: CheckpointFileName;
  readonly problem?: Issue;
}

/**
 * Compares `rank_<R>/meta.json`, by which MindFormers chooses the point to resume from, with the files: one that is
 * missing, can't be read, contradicts itself, or names a file that is not there; ranks that name different points;
 * and a point that is newer than the notes.
 */
export async function rankNoteIssues(stored: StoredPoint): Promise<Issue[]> {
  const { folder, parts } = stored.point;
  const notes = await mapFiles(parts, (part) => readNote(stored, part));
  const problems = notes.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  return [...problems, ...missingNotes(folder, notes), ...differentPoints(folder, notes), ...olderNotes(notes, parts)];
}

async function readNote(stored: StoredPoint, { rank }: PointPart): Promise<RankNote> {
  const { files } = stored.options;
  const place = files.join(stored.point.folder, `rank_${rank}`);
  const path = files.join(place, "meta.json");
  const fail = (message: string): RankNote => {
    const hint = `remove the file, or correct it; ${ownNotes}`;
    return { rank, path, problem: issue("error", "checkpoint-meta", { path, message, hint }) };
  };
  let meta: Readonly<Record<string, unknown>>;
  try {
    const text = await readSmallText(files, path, limit);
    if (text === undefined) return { rank, path };
    meta = JSON.parse(text) ?? {};
  } catch (error) {
    return fail(`expected JSON, found ${error instanceof Error ? error.message : error}`);
  }
  const { last_epoch: epoch, last_step: step, last_ckpt_file: name } = meta;
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(step))
    return fail(`expected whole numbers last_epoch and last_step, found ${text(epoch)} and ${text(step)}`);
  const newest = typeof name === "string" ? parseCheckpointFileName(name) : undefined;
  if (newest === undefined || newest.rank !== rank)
    return fail(`last_ckpt_file: expected <prefix>_rank_${rank}-${epoch}_${step}.safetensors, found ${text(name)}`);
  if (newest.epoch !== epoch || newest.step !== step) {
    const expected = `last_epoch ${newest.epoch} and last_step ${newest.step}, as in last_ckpt_file ${name}`;
    return fail(`expected ${expected}, found ${epoch} and ${step}`);
  }
  if ((await files.kind(files.join(place, name as string))) !== "file") {
    const message = `expected the file ${name}, which last_ckpt_file names, found nothing`;
    const hint = `copy the file again; a resume from the folder takes an older point`;
    return { rank, path, newest, problem: issue("warning", "checkpoint-meta", { path, message, hint }) };
  }
  return { rank, path, newest };
}

function text(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 200);
}

function missingNotes(folder: string, notes: readonly RankNote[]): Issue[] {
  const missing = notes.filter(({ newest, problem }) => newest === undefined && problem === undefined);
  if (missing.length === 0) return [];
  const ranks = missing.map(({ rank }) => rank);
  const message =
    `expected meta.json in each folder of a rank, missing for ${listed(ranks)}: ` +
    "a resume from the folder goes by the time of the files, or fails";
  return [issue("warning", "checkpoint-meta-missing", { path: folder, message, hint: ownNotes })];
}

function differentPoints(folder: string, notes: readonly RankNote[]): Issue[] {
  const ranksOf = new Map<string, number[]>();
  for (const { rank, newest } of notes) {
    if (newest === undefined) continue;
    const { epoch, step } = newest;
    const point = `epoch ${epoch}, step ${step}`;
    const ranks = ranksOf.get(point);
    if (ranks) ranks.push(rank);
    else ranksOf.set(point, [rank]);
  }
  if (ranksOf.size < 2) return [];
  const found = [...ranksOf].map(([point, ranks]) => `${point} (${listed(ranks)})`).slice(0, 5);
  const message = `meta.json: expected the same point on every rank, found ${found.join("; ")}: a save has not ended`;
  return [issue("warning", "checkpoint-meta", { path: folder, message, hint: ownNotes })];
}

/** A point that its rank's note does not reach: the save did not end, or the note is of an older one. */
function olderNotes(notes: readonly RankNote[], parts: readonly PointPart[]): Issue[] {
  for (const [at, { rank, path, newest }] of notes.entries()) {
    const name = parts[at]?.path.split("/").at(-1) ?? "";
    const own = parseCheckpointFileName(name);
    if (own === undefined || newest === undefined || own.prefix !== newest.prefix || !isLater(own, newest)) continue;
    const message = `rank ${rank}: expected ${name} or a later file, found epoch ${newest.epoch}, step ${newest.step}`;
    const hint = `a resume from the folder passes over this point; ${ownNotes}`;
    return [issue("warning", "checkpoint-meta", { path, message, hint })];
  }
  return [];
}

function isLater(a: CheckpointFileName, b: CheckpointFileName): boolean {
  if (pointKey(a) === pointKey(b)) return false;
  if (a.start !== b.start) return a.start > b.start;
  return a.epoch === b.epoch ? a.step > b.step : a.epoch > b.epoch;
}
