import { rankRanges } from "../logs/fold.js";
import type { FaultCause } from "../record/events.js";
import { codesIn, knownErrors } from "./known-errors.js";

/** The first errors of one rank's log, of two kinds. */
export interface RankErrors {
  readonly rank: number;
  readonly node: string;
  /** First error of its own, with the time of its line. */
  readonly own?: RankError;
  /** First error that says that another rank does not answer. */
  readonly other?: RankError;
}

export interface RankError {
  /** Milliseconds since the epoch; undefined if neither the line nor one before it has a time. */
  readonly time?: number;
  readonly text: string;
}

// Words of errors that say that somebody else does not answer, of MindSpore 2.9 on CPU and of HCCL.
const aboutOthers = new RegExp(
  [
    "timed? ?out|wait(?:ing)? receiving|Connect(?:ion)? (?:reset|refused|closed)|Failed to connect|reconnect",
    "peer|socket|meta server|AllReduce|ReduceScatter|AllGather|barrier|Kill this process with SIGTERM",
  ].join("|"),
  "i",
);
const anError =
  /\b(?:[A-Z]\w*(?:Error|Exception)\b.*:|Fatal|Segmentation fault|nan in loss)|\[(?:ERROR|CRITICAL)\]|- ERROR -/;

/** Whether a record is an error, and of which kind. Pure. */
export function kindOf(text: string): "own" | "other" | undefined {
  const codes = codesIn(text);
  const known = knownErrors.filter(({ code }) => codes.includes(code));
  if (known.length > 0) return known.every(({ isConsequence }) => isConsequence) ? "other" : "own";
  if (!anError.test(text)) return undefined;
  const last =
    text
      .trimEnd()
      .split("\n")
      .filter((line) => line.trim() !== "")
      .at(-1) ?? "";
  return aboutOthers.test(text.startsWith("Traceback") ? last : text) ? "other" : "own";
}

/** Ranks that the scheduler missed first: MindSpore's "Timed out node list" and "The node: 1 is timed out". Pure. */
export function timedOutRanks(lines: readonly string[]): number[] {
  const first = lines.flatMap((line) => {
    const named = /worker (\d+) is the first one timed out/.exec(line)?.[1];
    return named === undefined ? [] : [Number(named)];
  });
  if (first.length > 0) return [...new Set(first)];
  const missed = lines.flatMap((line) => {
    const node = /The node: (\d+) is timed out/.exec(line)?.[1];
    return node === undefined ? [] : [Number(node)];
  });
  return missed.slice(0, 1);
}

/**
 * Judges a failure from the ranks' first errors, the ranks that the scheduler missed, and the rank that the verdict
 * names
 * (killed, gone, or silent). Silence is evidence: a rank without an error among others that wait for it began it. Pure.
 */
export function judgeCause(
  ranks: readonly RankErrors[],
  seen: { readonly named?: number | undefined; readonly missed: readonly number[] },
): FaultCause {
  const own = ranks.filter((rank) => rank.own !== undefined);
  const waiting = ranks.filter((rank) => rank.own === undefined && rank.other !== undefined);
  const silent = ranks.filter((rank) => rank.own === undefined && rank.other === undefined);
  const earliest = [...own].sort((a, b) => timeOf(a.own) - timeOf(b.own) || a.rank - b.rank)[0];
  const named = seen.named === undefined ? [] : [seen.named];
  const quiet = silent.filter(({ rank }) => seen.missed.includes(rank)).map(({ rank }) => rank);
  const alone =
    waiting.length > 0 && silent.length > 0 && silent.length < waiting.length ? silent.map(({ rank }) => rank) : [];
  const choices = [
    earliest && !isSilentNamed(seen.named, silent) ? [earliest.rank] : [],
    named,
    quiet,
    [...seen.missed],
    alone,
  ];
  const initiating = choices.find((choice) => choice.length > 0) ?? [];
  const rest = ranks.filter(({ rank }) => !initiating.includes(rank));
  const cascade = rest.filter(({ own: mine, other }) => mine ?? other).map(({ rank }) => rank);
  const teardown = rest.filter(({ own: mine, other }) => !(mine ?? other)).map(({ rank }) => rank);
  return {
    initiating,
    cascade,
    teardown,
    codes: codesOf(ranks, initiating),
    summary: summaryOf(ranks, { initiating, cascade, teardown }),
  };
}

/** A rank that was killed writes nothing: it comes before errors of others, which came later. */
function isSilentNamed(named: number | undefined, silent: readonly RankErrors[]): boolean {
  return named !== undefined && silent.some(({ rank }) => rank === named);
}

function timeOf(error: RankError | undefined): number {
  return error?.time ?? Number.POSITIVE_INFINITY;
}

function codesOf(ranks: readonly RankErrors[], initiating: readonly number[]): string[] {
  const texts = (chosen: readonly RankErrors[]) =>
    chosen.map(({ own, other }) => `${own?.text ?? ""}\n${other?.text ?? ""}`);
  const first = codesIn(texts(ranks.filter(({ rank }) => initiating.includes(rank))).join("\n"));
  const all = first.length > 0 ? first : codesIn(texts(ranks).join("\n"));
  return all.filter((code) => knownErrors.some((known) => known.code === code));
}

function summaryOf(
  ranks: readonly RankErrors[],
  judged: Pick<FaultCause, "initiating" | "cascade" | "teardown">,
): string {
  const name = (list: readonly number[]) =>
    `rank${list.length > 1 ? "s" : ""} ${rankRanges([...list].sort((a, b) => a - b))}`;
  const { initiating, cascade, teardown } = judged;
  if (initiating.length === 0) return "no rank wrote an error of its own";
  const first = ranks.find(({ rank }) => rank === initiating[0]);
  const where = first ? ` on ${first.node}` : "";
  const said = first?.own?.text.trimEnd().split("\n").at(-1)?.trim();
  const what = said === undefined ? "went silent" : `failed: ${said.slice(0, 200)}`;
  return [
    `began with ${name(initiating)}${where}, which ${what}`,
    ...(cascade.length > 0 ? [`${name(cascade)} failed as a consequence`] : []),
    ...(teardown.length > 0 ? [`${name(teardown)} ${teardown.length > 1 ? "were" : "was"} ended afterwards`] : []),
  ].join("; ");
}
