import { requireCount } from "../../core/arguments.js";
import { parseDuration } from "../../core/units.js";

/** What to keep; a checkpoint stays if any of the rules keeps it. */
export interface RetentionOptions {
  /** Number of newest complete checkpoints to keep, at least 1; default 3. */
  readonly keepLast?: number;
  /** Keeps the steps that are multiples of this number. */
  readonly keepEvery?: number;
  /** Keeps everything saved within this time: `"24h"`, or milliseconds. */
  readonly within?: string | number;
}

export interface RetentionCandidate {
  readonly step: number;
  readonly complete: boolean;
  readonly savedAt: Date;
  readonly folder: string;
}

export interface RetentionVerdict<Candidate> {
  readonly candidate: Candidate;
  readonly keep: boolean;
  readonly reason: string;
}

/**
 * Decides for each checkpoint, in the order given (by step). The newest complete one always stays, and what `inUse`
 * names, and an incomplete one that is newer than the newest complete one: it may still be in progress.
 */
export function judgeRetention<Candidate extends RetentionCandidate>(
  candidates: readonly Candidate[],
  options: RetentionOptions,
  { now, inUse }: { readonly now: number; readonly inUse: (candidate: Candidate) => string | undefined },
): RetentionVerdict<Candidate>[] {
  const example = "await checkpoints.retention({ keepLast: 3, keepEvery: 1000 })";
  requireCount(options.keepLast, "retention, keepLast", example);
  requireCount(options.keepEvery, "retention, keepEvery", example);
  const keepLast = options.keepLast ?? 3;
  const within = options.within === undefined ? undefined : parseDuration(options.within, "within");
  const complete = candidates.filter((candidate) => candidate.complete);
  const newest = complete.at(-1);
  const last = new Set(complete.slice(-keepLast));
  return candidates.map((candidate) => {
    const reason = keptBecause(candidate);
    return { candidate, keep: reason !== undefined, reason: reason ?? "no rule keeps it" };
  });

  function keptBecause(candidate: Candidate): string | undefined {
    const used = inUse(candidate);
    if (used !== undefined) return used;
    if (newest === undefined) return "none is complete";
    if (candidate === newest) return "the newest complete one";
    if (!candidate.complete && candidate.step >= newest.step) return "may still be in progress";
    if (last.has(candidate)) return `among the last ${keepLast}`;
    if (options.keepEvery !== undefined && candidate.complete && candidate.step % options.keepEvery === 0) {
      return `every ${options.keepEvery} steps`;
    }
    if (within !== undefined && now - candidate.savedAt.getTime() <= within) return `saved within ${options.within}`;
    return undefined;
  }
}

/**
 * Milliseconds until a disk is full at the rate of the saves so far; undefined with fewer than two saves, or none that
 * take space, or free space that is not known (infinite).
 */
export function timeUntilFull(
  saves: readonly { readonly savedAt: Date; readonly bytes: number }[],
  freeBytes: number,
): number | undefined {
  const sorted = [...saves].sort((a, b) => a.savedAt.getTime() - b.savedAt.getTime());
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined || sorted.length < 2) return undefined;
  const time = last.savedAt.getTime() - first.savedAt.getTime();
  const bytes = sorted.slice(1).reduce((sum, save) => sum + save.bytes, 0);
  return time > 0 && bytes > 0 && Number.isFinite(freeBytes) ? (freeBytes / bytes) * time : undefined;
}
