import { Checkpoint } from "../../checkpoint/open/checkpoint.js";
import type { Config } from "../../config/config.js";
import { CheckpointError } from "../../core/error.js";
import { type Certificate, certify } from "../../recover/certificate/certificate.js";
import { type WorkedOutChange, workOutChange } from "../../recover/certificate/change.js";
import { gradeDifferences } from "../../recover/certificate/config-differences.js";
import { rankFacts } from "../heal/rank-facts.js";
import { healthOf, isHealthy } from "../heal/resume-choice.js";
import { rankLocalTensor } from "../heal/whole-point.js";
import type { ResumePoint } from "../record/resume-point.js";
import type { Run } from "../run.js";

export interface CertifyOptions {
  readonly run: Run;
  readonly point: ResumePoint;
  /** The configuration of the run, and of its continuation. */
  readonly before: Config;
  readonly after: Config;
  readonly workers: { readonly saved: number; readonly wanted: number };
  /** Of the continuation. */
  readonly globalBatch: number;
  readonly totalSteps: number | undefined;
  readonly versions: Readonly<Record<string, string>>;
}

/** A certificate, and whether the losses can't be those of the record. */
export interface Certified {
  readonly certificate: Certificate;
  readonly changed: boolean;
}

/** Samples of a step when a checkpoint was saved, if its files say so. */
export function savedBatchOf(point: ResumePoint): number | undefined {
  return point instanceof Checkpoint ? point.hyperParameters.globalBatchSize : undefined;
}

/** Where the data goes on from a checkpoint, in steps of the continuation. */
export function positionAfter(
  point: ResumePoint,
  workers: { readonly saved: number; readonly wanted: number },
  globalBatch: number,
): WorkedOutChange {
  const saved = { workers: workers.saved, globalBatch: savedBatchOf(point) ?? globalBatch };
  return workOutChange(point.step, saved, { workers: workers.wanted, globalBatch });
}

/** First step from which the loss of a run was not finite to its end. */
async function badFromStep(run: Run): Promise<number | undefined> {
  const steps = await run.steps();
  const lastGood = steps.findLastIndex(({ loss }) => Number.isFinite(loss));
  return steps[lastGood + 1]?.step;
}

/**
 * Examines a checkpoint and the changes before a resume. Of files on other machines, and of points that somebody put
 * together, only what they say themselves is known; undefined then.
 */
export async function certifyResume(options: CertifyOptions): Promise<Certified | undefined> {
  const { run, point, before, after, workers, globalBatch, totalSteps, versions } = options;
  if (!(point instanceof Checkpoint)) return undefined;
  const differences = gradeDifferences(after.diff(before).changes);
  const position = positionAfter(point, workers, globalBatch);
  const was = run.description.versions;
  const certificate = certify({
    step: point.step,
    ranks: await rankFacts(point),
    expectedRanks: workers.saved,
    healthy: isHealthy(point, await healthOf(run.folder)),
    badFromStep: await badFromStep(run),
    totalSteps,
    change: position,
    workers,
    differences,
    versions: Object.entries(versions).flatMap(([name, now]) =>
      was[name] === undefined ? [] : [{ name, was: was[name], now }],
    ),
    ignoresDataPosition: after.get("ignore_data_skip") === true,
  });
  const spread = workers.saved !== workers.wanted;
  const own = spread ? await rankLocalTensor(point, 0) : undefined;
  // Each rank logs the loss of its own samples, so with other ranks no recorded loss comes again.
  const changed = spread || position.stepScale !== 1 || differences.some(({ grade }) => grade !== "allowed");
  return { certificate: own === undefined ? certificate : withOwnValues(certificate, own), changed };
}

/** Other ranks than before: values that each rank has for itself go with the file that it takes. */
function withOwnValues(certificate: Certificate, name: string): Certificate {
  const found = `each rank has its own ${name}; the new ranks take those of the files that they load`;
  const check = { what: "values of single ranks", verdict: "yellow" as const, found };
  const verdict = certificate.verdict === "red" ? "red" : "yellow";
  return { ...certificate, verdict, checks: [...certificate.checks, check] };
}

/** @throws RESUME_IMPOSSIBLE for a red certificate; a forbidden change of the configuration goes on with a reason. */
export function requireCertified({ certificate, override }: { certificate: Certificate; override?: string }): void {
  const red = certificate.checks.filter(
    ({ verdict, what }) => verdict === "red" && !(what === "configuration" && override !== undefined),
  );
  if (red.length === 0) return;
  const lines = red.map(({ what, found }) => `- ${what}: ${found}`);
  throw new CheckpointError(
    "RESUME_IMPOSSIBLE",
    `checkpoint of step ${certificate.step}: the certificate is red:\n${lines.join("\n")}`,
    { hint: red[0]?.hint ?? "choose another checkpoint", details: { certificate } },
  );
}
