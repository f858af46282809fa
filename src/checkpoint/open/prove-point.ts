import { relative } from "node:path";
import { requireArgument } from "../../core/arguments.js";
import { CheckpointError, type FormatError, type Issue, isLabError } from "../../core/error.js";
import { formatBytes, formatCount } from "../../core/units.js";
import { jupyterHost } from "../../view/display-contract.js";
import { openProgress } from "../../view/show.js";
import { scrubFiles } from "../prove/scrub-files.js";
import { ScrubResult } from "../prove/scrub-result.js";
import { readSeal, sealFiles, writeSeal } from "../prove/seal-files.js";
import type { Seal } from "../prove/seal-format.js";
import { changedFiles, SealResult, utc } from "../prove/seal-result.js";
import { tensorsInRanges } from "../prove/tensors-in-ranges.js";
import { Verification } from "../prove/verification.js";
import { verifyPoint } from "../prove/verify.js";
import { issue, remedyOf } from "../read/points/finding.js";
import type { StoredPoint } from "../read/stored-point.js";
import { isElsewhere, requireHere, sealFolderOf } from "./seal-place.js";

/** Reading more than this is worth a progress bar. */
const longRead = 256 * 1024 * 1024;

export interface ProofOptions {
  readonly stored: StoredPoint;
  readonly step: number | undefined;
  readonly known: readonly Issue[];
  readonly signal?: AbortSignal | undefined;
}

/** Options of `checkpoint.seal`. */
export interface SealOptions {
  /** `"accept"`: also seals files that differ from an earlier seal, as they are now. Default: refuses them. */
  readonly changes?: "accept";
  /** Default: the running cell's signal. */
  readonly signal?: AbortSignal;
}

function bytesOf({ stored }: ProofOptions): number {
  return stored.point.parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function withProgress<Result>(
  options: ProofOptions,
  title: string,
  work: (onProgress: (bytes: number) => void) => Promise<Result>,
): Promise<Result> {
  const bytes = bytesOf(options);
  const total = Math.ceil(bytes / 1024 ** 2);
  const progress = bytes >= longRead ? openProgress({ title, total, unit: "MB" }) : undefined;
  try {
    return await work((done) => progress?.update(Math.floor(done / 1024 ** 2)));
  } finally {
    progress?.finish(`${title}: ${formatBytes(bytes)} read`);
  }
}

/** Reads every byte; uses the seal of the step too, if there is one. */
export async function verify(options: ProofOptions): Promise<Verification> {
  const signal = options.signal ?? jupyterHost()?.signal;
  const verification = await withProgress(options, "verifying", (onProgress) =>
    verifyPoint({ ...options, signal, onProgress }),
  );
  const { seal, problem } = await readableSeal(options);
  if (seal === undefined) return problem ? withFinding(verification, problem) : verification;
  const result = await scrubSealed(options, seal);
  const facts = {
    ...verification.facts,
    checksummedFiles: verification.facts.files - result.findings.length,
    sealedAt: seal.sealedAt,
  };
  const damaged = new Set(verification.findings.map(({ path }) => path));
  const more = result.findings.filter(({ path }) => !damaged.has(path));
  return new Verification(facts, [...more, ...verification.findings]);
}

/** The seal, or the finding that it is damaged: that accuses no file, and what was read stays worth its time. */
async function readableSeal(options: ProofOptions): Promise<{ readonly seal?: Seal; readonly problem?: Issue }> {
  try {
    const seal = await sealOf(options);
    return seal === undefined ? {} : { seal };
  } catch (error) {
    if (!isLabError(error) || error.code !== "SEAL_INVALID") throw error;
    const path = (error as FormatError).file;
    const message = error.message.replace(`${path}: `, "");
    const hint = "await checkpoint.seal() makes it again";
    return { problem: issue("warning", "checkpoint-seal-invalid", { path, message, hint }) };
  }
}

function withFinding({ facts, findings }: Verification, finding: Issue): Verification {
  return new Verification(facts, [finding, ...findings]);
}

/** The seal of the step that names the files of this point; a seal of other files (an older start) is none. */
async function sealOf({ stored, step }: ProofOptions): Promise<Seal | undefined> {
  const { folder } = stored.point;
  if (isElsewhere(folder)) return undefined;
  const paths = sealedPaths(stored);
  const seal = await readSeal(await sealFolderOf(folder), step, paths);
  if (seal === undefined) return undefined;
  const sealed = new Set(seal.files.map(({ path }) => path));
  return paths.some((path) => sealed.has(path)) ? seal : undefined;
}

/** The files that a seal names, relative to the folder. */
function sealedPaths({ point: { folder, parts, metadataPath } }: StoredPoint): string[] {
  const all = [...parts.map(({ path }) => path), ...(metadataPath === undefined ? [] : [metadataPath])];
  return all.map((path) => relative(folder, path));
}

/**
 * Reads every byte, writes the checksums, and returns them with the file they stand in.
 * @throws CheckpointError SEAL_BROKEN for files that differ from an earlier seal, unless `changes` accepts them.
 */
export async function seal(options: ProofOptions & Pick<SealOptions, "changes">): Promise<SealResult> {
  const { changes } = options;
  const isKnown = changes === undefined || changes === "accept";
  const example = 'await checkpoint.seal({ changes: "accept" })';
  requireArgument(isKnown, { call: "checkpoint.seal, changes", expected: '"accept"', found: changes, example });
  const { folder } = options.stored.point;
  requireHere(folder, "seal()");
  const made = await withProgress(options, "sealing", (onProgress) =>
    sealFiles({
      folder,
      paths: sealedPaths(options.stored),
      step: options.step,
      signal: options.signal ?? jupyterHost()?.signal,
      onProgress,
    }),
  );
  const { seal: before } = await readableSeal(options);
  const changed = changedFiles(made, before);
  if (changed.length > 0 && changes === undefined) throw sealBroken(options.stored, changed, before?.sealedAt);
  return new SealResult(await writeSeal(await sealFolderOf(folder), made), made, { before, changed });
}

function sealBroken({ point }: StoredPoint, changed: readonly string[], since: string | undefined): CheckpointError {
  const others = changed.length > 1 ? ` and ${formatCount(changed.length - 1, "other file")}` : "";
  const message =
    `folder ${point.folder}: expected the files of the seal of ${utc(since ?? "")}, ` +
    `found ${changed[0]}${others} changed since`;
  return new CheckpointError("SEAL_BROKEN", message, {
    hint:
      "await checkpoint.scrub() names the damage; if the change was meant: " +
      'await checkpoint.seal({ changes: "accept" })',
    details: { folder: point.folder, changed },
  });
}

/** Compares every byte with the seal; undefined if there is none. */
export async function scrub(options: ProofOptions): Promise<ScrubResult | undefined> {
  requireHere(options.stored.point.folder, "scrub()");
  const found = await sealOf(options);
  return found && scrubSealed(options, found);
}

async function scrubSealed(options: ProofOptions, sealed: Seal): Promise<ScrubResult> {
  const { stored, step } = options;
  const { folder, parts } = stored.point;
  const started = Date.now();
  const breaks = await withProgress(options, "scrubbing", (onProgress) =>
    scrubFiles({ folder, seal: sealed, signal: options.signal ?? jupyterHost()?.signal, onProgress }),
  );
  const findings: Issue[] = [];
  for (const { path, message, ranges } of breaks) {
    const part = parts.find((candidate) => relative(folder, candidate.path) === path);
    const tensors = part === undefined ? "" : await tensorsInRanges(stored, part, ranges);
    const where = part === undefined ? "" : `rank ${part.rank}: `;
    const text = { path: part?.path ?? path, message: `${where}${message}${tensors}`, hint: remedyOf(stored.point) };
    findings.push(issue("error", "checkpoint-seal-broken", text));
  }
  const bytes = sealed.files.reduce((sum, file) => sum + file.bytes, 0);
  const facts = { step, sealedAt: sealed.sealedAt, files: sealed.files.length, bytes };
  return new ScrubResult({ ...facts, milliseconds: Date.now() - started }, findings);
}
