import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Checkpoint } from "../../checkpoint/open/checkpoint.js";
import { openCheckpoints } from "../../checkpoint/open/open.js";
import type { Config } from "../../config/config.js";
import { openConfig } from "../../config/open.js";
import { type Certificate, certify } from "../../recover/certificate/certificate.js";
import { workOutChange } from "../../recover/certificate/change.js";
import type { Decision } from "../../recover/decide/action.js";
import { chooseCheckpoint, parseHealthFile } from "../../recover/decide/choose-checkpoint.js";
import { runPaths } from "../record/layout.js";
import type { RunFile } from "../record/run-file.js";
import { rankFacts } from "./rank-facts.js";
import { makeWhole } from "./whole-point.js";

/** From where the next attempt goes on. */
export interface ResumeChoice {
  /** Global step; undefined to start where this run started. */
  readonly step: number | undefined;
  readonly point: Checkpoint | undefined;
  /** True if the checkpoint is laid out on the nodes already, in `resume/attempt-<n>`. */
  readonly laidOut?: boolean;
  readonly certificate: Certificate | undefined;
  /** What was chosen, and which newer ones were passed over. */
  readonly text: string;
  /** Why there can be no next attempt. */
  readonly refused?: string;
  /** True if that may change, such as with a node that does not answer. */
  readonly waits?: boolean;
}

/** Larger checkpoints are not read whole before a restart; their headers are. */
const readWholeBytes = 64 * 1024 ** 3;

export async function healthOf(folder: string): Promise<ReadonlyMap<string, boolean>> {
  const { checkpoints, output } = runPaths(folder);
  for (const place of [checkpoints, output]) {
    const text = await readFile(join(place, "health_ckpts.json"), "utf8").catch(() => undefined);
    if (text !== undefined) return parseHealthFile(text);
  }
  return new Map();
}

/** MindFormers writes the name without its ending, and of rank 0. */
export function isHealthy(point: Checkpoint, health: ReadonlyMap<string, boolean>): boolean | undefined {
  const names = point.files.map(({ path }) => basename(path).replace(/\.safetensors$/, ""));
  return names.map((name) => health.get(name)).find((healthy) => healthy !== undefined);
}

/** The newest good checkpoint of the run: complete, sound to the last byte, healthy, and from before the trouble. */
export async function chooseResume(about: {
  readonly folder: string;
  readonly file: RunFile;
  readonly decision: Decision;
  /** Checkpoints of this run that were complete once, as the record says; default: all that are there. */
  readonly recorded?: number;
}): Promise<ResumeChoice> {
  const { folder, file, decision, recorded } = about;
  const worldSize = file.worldSize ?? 1;
  const points = await openCheckpoints(runPaths(folder).checkpoints, { ranks: worldSize }).then(
    ({ all }) => all,
    () => [],
  );
  const health = await healthOf(folder);
  const config = await openConfig(await readFile(runPaths(folder).config, "utf8"));
  const whole = await wholePoints(points, { folder, config, worldSize });
  const unsound = new Map<Checkpoint, string>();
  const rejected: string[] = [];
  for (;;) {
    const candidates = points.map((point) => ({
      point,
      step: point.step,
      complete: (point.complete || whole.made.has(point)) && !unsound.has(point),
      problem: unsound.get(point) ?? whole.reasons.get(point) ?? point.issues[0]?.message,
      healthy: isHealthy(point, health),
      savedAt: point.savedAt.getTime(),
    }));
    const choice = chooseCheckpoint(candidates, decision);
    rejected.splice(0, rejected.length, ...choice.rejected.map(({ step, reason }) => `step ${step}: ${reason}`));
    const chosen = choice.chosen?.point;
    if (chosen === undefined)
      return withoutPoint({ count: points.length, recorded: recorded ?? points.length }, rejected, file);
    const { point, note } = whole.made.get(chosen) ?? { point: chosen, note: undefined };
    const problem = await soundness(point);
    if (problem !== undefined) {
      unsound.set(chosen, problem);
      continue;
    }
    const certificate = await certificateOf(point, file);
    const skipped = rejected.length === 0 ? "" : ` (skipped: ${rejected.join("; ")})`;
    const how = note === undefined ? "" : `, ${note}`;
    const text = `continues from the checkpoint of step ${point.step}${how}${skipped}`;
    if (certificate.verdict !== "red") return { step: point.step, point, certificate, text };
    const reds = certificate.checks.filter(({ verdict }) => verdict === "red");
    unsound.set(chosen, reds.map(({ what, found }) => `${what}: ${found}`).join("; "));
  }
}

/** Incomplete points of which replicas hold what is missing, and why others stay incomplete. */
async function wholePoints(
  points: readonly Checkpoint[],
  about: { readonly folder: string; readonly config: Config; readonly worldSize: number },
): Promise<{
  readonly made: ReadonlyMap<Checkpoint, { readonly point: Checkpoint; readonly note: string }>;
  readonly reasons: ReadonlyMap<Checkpoint, string>;
}> {
  const made = new Map<Checkpoint, { readonly point: Checkpoint; readonly note: string }>();
  const reasons = new Map<Checkpoint, string>();
  for (const point of points.filter(({ complete }) => !complete)) {
    const whole = await makeWhole(point, about);
    if ("point" in whole) made.set(point, whole);
    else reasons.set(point, `${point.issues[0]?.message ?? "incomplete"} (${whole.reason})`);
  }
  return { made, reasons };
}

async function soundness(point: Checkpoint): Promise<string | undefined> {
  if (point.bytes > readWholeBytes) return undefined;
  const { findings } = await point.verify();
  // A kill in the middle of a save leaves half a meta.json, which all points of a rank share. A resume writes its own.
  return findings.find(({ severity, rule }) => severity === "error" && rule !== "checkpoint-meta")?.message;
}

/**
 * Without any checkpoint, or with one whose save never ended, the training starts from where the run began. If complete
 * ones went bad, it would lose more than anybody expects.
 */
function withoutPoint(
  { count, recorded }: { readonly count: number; readonly recorded: number },
  rejected: readonly string[],
  file: RunFile,
): ResumeChoice {
  const base = { step: undefined, point: undefined, certificate: undefined };
  const start =
    file.parent === undefined ? "from the beginning" : `from step ${file.parent.step} of ${file.parent.name}`;
  const skipped = count === 0 ? "" : ` (skipped: ${rejected.join("; ")})`;
  if (count === 0 || recorded === 0)
    return { ...base, text: `no complete checkpoint yet: starts again ${start}${skipped}` };
  const refused = `none of ${count} checkpoints can be used: ${rejected.join("; ")}`;
  return { ...base, text: "", refused };
}

/** Nothing but the start changes within a run, so the same position and configuration are certified. */
async function certificateOf(point: Checkpoint, file: RunFile): Promise<Certificate> {
  const workers = file.worldSize ?? 1;
  const globalBatch = point.hyperParameters.globalBatchSize ?? 1;
  const position = { workers, globalBatch };
  return certify({
    step: point.step,
    ranks: await rankFacts(point),
    expectedRanks: workers,
    totalSteps: file.totalSteps,
    change: workOutChange(point.step, position, position),
    workers: { saved: workers, wanted: workers },
    differences: [],
    versions: [],
    ignoresDataPosition: false,
  });
}
