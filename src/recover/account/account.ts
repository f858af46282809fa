import { bestInterval } from "../../plan/estimate/reliability.js";
import { median } from "../detect/rolling.js";
import { type Incident, lostTime } from "./incident.js";
import type { AccountEvent, FaultFound, Segment, SegmentKind, StepsDone } from "./timeline.js";

/** Where the time of a run went. All times in milliseconds. */
export interface Account {
  readonly start: number;
  readonly end: number;
  readonly incidents: readonly Incident[];
  /** In order of time, without gaps or overlaps. */
  readonly segments: readonly Segment[];
  readonly totals: Readonly<Record<SegmentKind, number>>;
  /** Time of steps that count in the end, divided by all time: 0 to 1. */
  readonly effective: number;
  /** Mean time between incidents; Infinity without one. */
  readonly mtbfMs: number;
  /** Median pause of training for a checkpoint; NaN without one. */
  readonly saveMs: number;
  /** Median time of training between two checkpoints; NaN without two. */
  readonly intervalMs: number;
  /**
   * The interval that would have cost the least with this `saveMs` and `mtbfMs` (Daly 2006); NaN if one is not known.
   */
  readonly bestIntervalMs: number;
  /** Last global step. */
  readonly steps: number;
}

/** What the walk through the events carries along. */
interface Walk {
  readonly segments: Segment[];
  readonly incidents: Incident[];
  /** Up to where the time is accounted for. */
  at: number;
  attempt: number;
  /** Newest step of the run, and of the attempt. */
  step: number;
  open: OpenIncident | undefined;
  /** When the attempt did its first step. */
  steppingSince: number | undefined;
  waiting: "first" | "started" | "ready" | "stepping";
  readonly checkpoints: { step: number; time: number; trainedMs: number; seconds: number }[];
  trainedMs: number;
}

interface OpenIncident {
  readonly fault: FaultFound;
  readonly attempt: number;
  readonly step: number;
  readonly upMs: number;
  startedAt?: number;
  readyAt?: number;
  steppedAt?: number;
  resumedFrom?: number;
}

function advance(walk: Walk, kind: SegmentKind, to: number): void {
  if (to <= walk.at) return;
  const last = walk.segments.at(-1);
  if (last?.kind === kind) walk.segments[walk.segments.length - 1] = { ...last, end: to };
  else walk.segments.push({ kind, start: walk.at, end: to });
  walk.at = to;
}

/**
 * T0: the time of the steps that were done in earlier attempts after the point where the next one went on. Marks it in
 * the segments.
 */
function markLost(walk: Walk, lostMs: number): void {
  let left = lostMs;
  for (let i = walk.segments.length - 1; i >= 0 && left > 0; i -= 1) {
    const segment = walk.segments[i] as Segment;
    if (segment.kind !== "training" && segment.kind !== "saving") continue;
    const length = segment.end - segment.start;
    if (length <= left) walk.segments[i] = { ...segment, kind: "lost" };
    else
      walk.segments.splice(
        i,
        1,
        { ...segment, end: segment.end - left },
        { kind: "lost", start: segment.end - left, end: segment.end },
      );
    left -= length;
  }
}

function close(walk: Walk, end: number, recovered: boolean): void {
  const { open } = walk;
  if (open === undefined) return;
  const { fault } = open;
  const started = open.startedAt ?? end;
  const ready = open.readyAt ?? (open.startedAt === undefined ? started : (open.steppedAt ?? end));
  const stepped = open.steppedAt ?? (open.readyAt === undefined ? ready : end);
  const t0 = open.resumedFrom === undefined ? 0 : lostSince(walk, open);
  walk.incidents.push({
    number: walk.incidents.length + 1,
    finding: fault.finding,
    cause: fault.cause,
    summary: fault.summary,
    ...(fault.rank !== undefined && { rank: fault.rank }),
    ...(fault.node !== undefined && { node: fault.node }),
    action: fault.action,
    since: fault.since,
    detectedAt: fault.time,
    recoveredAt: recovered ? end : undefined,
    attempt: open.attempt,
    step: open.step,
    resumedFrom: open.resumedFrom,
    upMs: open.upMs,
    t0,
    t1: fault.time - fault.since,
    t2: started - fault.time,
    t3: ready - started,
    t4: stepped - ready,
    waitedForNode: fault.waitedForNode ?? false,
  });
  walk.open = undefined;
}

/** Milliseconds of training after the checkpoint that the run went on from. */
function lostSince(walk: Walk, open: OpenIncident): number {
  const from = open.resumedFrom ?? 0;
  const point = walk.checkpoints.findLast(({ step }) => step <= from);
  return open.step <= from ? 0 : walk.trainedMs - (point?.trainedMs ?? 0);
}

function takeSteps(walk: Walk, steps: StepsDone): void {
  if (walk.open && walk.waiting !== "stepping") {
    walk.open.steppedAt = steps.start;
    walk.open.resumedFrom = steps.fromStep - 1;
  }
  advance(walk, walk.open?.readyAt !== undefined ? "compiling" : "starting", steps.start);
  if (walk.open) {
    const lost = lostSince(walk, walk.open);
    markLost(walk, lost);
    close(walk, steps.start, true);
    // What was lost is no longer time since the checkpoint.
    walk.trainedMs -= lost;
  }
  if (walk.waiting !== "stepping") walk.steppingSince = steps.start;
  walk.waiting = "stepping";
  const length = steps.end - Math.max(walk.at, steps.start);
  const saving = Math.min(Math.max(0, steps.savingMs), Math.max(0, length));
  advance(walk, "training", steps.end - saving);
  advance(walk, "saving", steps.end);
  walk.trainedMs += Math.max(0, length);
  walk.step = steps.toStep;
}

function takeFault(walk: Walk, fault: FaultFound): void {
  // A fault while the last one was not made good: its time until here is accounted to the first.
  if (walk.open) close(walk, fault.since, false);
  const during: SegmentKind =
    walk.waiting === "stepping" ? "training" : walk.waiting === "ready" ? "compiling" : "starting";
  advance(walk, during, fault.since);
  advance(walk, "detecting", fault.time);
  const upMs = walk.steppingSince === undefined ? 0 : fault.since - walk.steppingSince;
  walk.open = { fault, attempt: walk.attempt, step: walk.step, upMs };
  walk.steppingSince = undefined;
  walk.waiting = "first";
}

function take(walk: Walk, event: AccountEvent): void {
  switch (event.kind) {
    case "start":
      advance(walk, walk.open ? "resources" : "starting", event.time);
      if (walk.open) walk.open.startedAt ??= event.time;
      walk.attempt = event.attempt;
      walk.waiting = "started";
      return;
    case "ready":
      advance(walk, "starting", event.time);
      if (walk.open) walk.open.readyAt ??= event.time;
      walk.waiting = "ready";
      return;
    case "steps":
      takeSteps(walk, event);
      return;
    case "checkpoint":
      walk.checkpoints.push({ ...event, trainedMs: walk.trainedMs });
      return;
    case "fault":
      takeFault(walk, event);
      return;
    case "end":
      advance(
        walk,
        walk.open ? (walk.open.startedAt === undefined ? "resources" : "starting") : "training",
        event.time,
      );
      close(walk, event.time, false);
  }
}

/** Adds up the events of a run, which must be in the order of time. */
export function accountOf(events: readonly AccountEvent[]): Account {
  const first = events[0];
  const start = first === undefined ? 0 : first.kind === "steps" ? first.start : first.time;
  const walk: Walk = {
    segments: [],
    incidents: [],
    at: start,
    attempt: 1,
    step: 0,
    open: undefined,
    steppingSince: undefined,
    waiting: "first",
    checkpoints: [],
    trainedMs: 0,
  };
  for (const event of events) take(walk, event);
  close(walk, walk.at, false);
  return summarize(walk, start);
}

function summarize(walk: Walk, start: number): Account {
  const totals: Record<SegmentKind, number> = {
    training: 0,
    saving: 0,
    lost: 0,
    detecting: 0,
    resources: 0,
    starting: 0,
    compiling: 0,
  };
  for (const segment of walk.segments) totals[segment.kind] += segment.end - segment.start;
  const all = walk.at - start;
  const saves = walk.checkpoints.map(({ seconds }) => seconds * 1000);
  const gaps = walk.checkpoints
    .slice(1)
    .map((point, index) => point.trainedMs - (walk.checkpoints[index]?.trainedMs ?? 0))
    .filter((gap) => gap > 0);
  const mtbfMs = walk.incidents.length === 0 ? Number.POSITIVE_INFINITY : all / walk.incidents.length;
  const saveMs = median(saves);
  const known = Number.isFinite(mtbfMs) && saveMs > 0;
  return {
    start,
    end: walk.at,
    incidents: walk.incidents,
    segments: walk.segments,
    totals,
    effective: all > 0 ? totals.training / all : 0,
    mtbfMs,
    saveMs,
    intervalMs: median(gaps),
    bestIntervalMs: known ? bestInterval(saveMs, mtbfMs) : Number.NaN,
    steps: walk.step,
  };
}

/** Effective-training-time ratio in windows of `windowMs`, at `points` times: how it changed. */
export function slidingRatio(
  account: Account,
  windowMs: number,
  points = 200,
): { readonly times: number[]; readonly ratios: number[] } {
  const training = account.segments.filter(({ kind }) => kind === "training");
  const sums: number[] = [0];
  for (const { start, end } of training) sums.push((sums.at(-1) ?? 0) + end - start);
  /** Time of training before `time`. */
  const before = (time: number): number => {
    let low = 0;
    let high = training.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((training[middle]?.start ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    const last = training[low - 1];
    return last === undefined ? 0 : (sums[low - 1] ?? 0) + Math.min(time, last.end) - last.start;
  };
  const span = account.end - account.start;
  const times = Array.from({ length: points }, (_, i) => account.start + (span * (i + 1)) / points);
  return {
    times,
    ratios: times.map((time) => {
      const from = Math.max(account.start, time - windowMs);
      return time > from ? (before(time) - before(from)) / (time - from) : 0;
    }),
  };
}

/** Milliseconds that all incidents cost. */
export function incidentCost(incidents: readonly Incident[]): number {
  return incidents.reduce((sum, incident) => sum + lostTime(incident), 0);
}
