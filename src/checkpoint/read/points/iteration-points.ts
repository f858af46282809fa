import type { Issue } from "../../../core/error.js";
import { readSmallText } from "../files/file-access.js";
import { type HyperParameters, hyperOfCommon } from "../files/hyper.js";
import { type IterationFileName, iterationOfFolder, parseIterationFileName, trackerName } from "./file-name.js";
import { issue, listed, otherCheckpoint } from "./finding.js";
import { type PartsOptions, readParts } from "./read-parts.js";
import type { PointPart, SavedPoint } from "./saved-point.js";

const smallText = 16 * 1024 * 1024;

/** Numbers of the `iteration_…` folders among names, in order. */
export function iterationsIn(names: readonly string[]): number[] {
  const numbers = names.map(iterationOfFolder).filter((number): number is number => number !== undefined);
  return numbers.sort((a, b) => a - b);
}

/**
 * Points in MindFormers' 1.9 layout (`use_legacy_format: False`): folders `iteration_<step>` with `metadata.json` and
 * `common.json`, and above them the tracker, which is written last.
 */
export async function iterationPoints(
  folder: string,
  names: readonly string[],
  options: PartsOptions,
): Promise<SavedPoint[]> {
  const { files } = options;
  const tracker = names.includes(trackerName)
    ? await readSmallText(files, files.join(folder, trackerName), smallText)
    : undefined;
  const latest = tracker === undefined ? undefined : /^\s*\d+\s*$/.test(tracker) ? Number(tracker) : Number.NaN;
  const points: SavedPoint[] = [];
  for (const name of names) {
    const step = iterationOfFolder(name);
    if (step === undefined) continue;
    const point = await iterationPoint(files.join(folder, name), step, { ...options, latest });
    if (point) points.push(point);
  }
  return points.sort((a, b) => (a.step ?? 0) - (b.step ?? 0));
}

/**
 * One point: the folder of an iteration. `latest`: what the tracker says; null: there is no tracker to ask.
 * Undefined if the folder holds no file of this layout.
 */
export async function iterationPoint(
  folder: string,
  step: number,
  options: PartsOptions & { readonly latest: number | undefined | null },
): Promise<SavedPoint | undefined> {
  const { files, latest } = options;
  const names = (await files.list(folder)) ?? [];
  const named = names
    .map((name) => ({ name, of: parseIterationFileName(name) }))
    .filter((file): file is { name: string; of: IterationFileName } => file.of !== undefined);
  if (named.length === 0) return undefined;
  named.sort((a, b) => a.of.index - b.of.index || (a.name < b.name ? -1 : 1));
  const wanted = named.map(({ name, of }) => ({ rank: of.index, path: files.join(folder, name) }));
  const parts = (await readParts(wanted, options)).filter((part): part is PointPart => part !== undefined);
  const common = await readCommon(folder, step, options);
  const issues = [
    ...missingFiles(
      folder,
      named.map(({ of }) => of),
    ),
    ...(common.problem === undefined ? [] : [common.problem]),
    ...trackerIssues(folder, step, latest),
  ];
  const metadata = files.join(folder, "metadata.json");
  return {
    layout: "iteration",
    folder,
    epoch: common.hyper?.epoch,
    step,
    parts,
    common: common.hyper,
    metadataPath: names.includes("metadata.json") ? metadata : undefined,
    weightMap: undefined,
    issues,
  };
}

async function readCommon(
  folder: string,
  step: number,
  { files }: PartsOptions,
): Promise<{ readonly hyper?: HyperParameters; readonly problem?: Issue }> {
  const path = files.join(folder, "common.json");
  const fail = (message: string) => ({
    problem: issue("error", "checkpoint-common-missing", { path, message, hint: otherCheckpoint }),
  });
  try {
    const text = await readSmallText(files, path, smallText);
    if (text === undefined) return fail("expected common.json, which a resume reads, found nothing");
    return { hyper: hyperOfCommon(JSON.parse(text), step) };
  } catch (error) {
    return fail(`expected JSON, found ${error instanceof Error ? error.message : error}`);
  }
}

function missingFiles(folder: string, found: readonly IterationFileName[]): Issue[] {
  const issues: Issue[] = [];
  for (const kind of ["model", "opt"] as const) {
    const ofKind = found.filter((file) => file.kind === kind);
    const total = ofKind.reduce((most, file) => Math.max(most, file.total), 0);
    const have = new Set(ofKind.map(({ index }) => index));
    const missing = Array.from({ length: total }, (_, index) => index).filter((index) => !have.has(index));
    if (missing.length === 0) continue;
    const message = `expected ${total} ${kind} files, missing those of ${listed(missing)}`;
    issues.push(issue("error", "checkpoint-rank-missing", { path: folder, message, hint: otherCheckpoint }));
  }
  return issues;
}

function trackerIssues(folder: string, step: number, latest: number | undefined | null): Issue[] {
  if (latest === null || (latest !== undefined && latest >= step)) return [];
  const found = latest === undefined ? "no tracker" : Number.isNaN(latest) ? "no number" : `iteration ${latest}`;
  const message = `expected ${trackerName} to say ${step} or more, found ${found}: the save may not have ended`;
  return [issue("error", "checkpoint-tracker", { path: folder, message, hint: otherCheckpoint })];
}
