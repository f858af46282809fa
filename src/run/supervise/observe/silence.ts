import { formatDuration } from "../../../core/units.js";
import type { RankLog } from "./rank-log.js";

/**
 * Shortest silence of a rank that trains, in milliseconds, that counts as a hang; three median steps if they take
 * longer.
 */
export const hangMs = 60_000;
const hangSteps = 3;
/** A save or an evaluation may take so many times as long: half an hour at least. */
const slowFactor = 30;

/** What is known of a silent rank's process. */
export interface RankProcess {
  readonly rank: number;
  readonly node: string;
  /** Letter of /proc/<pid>/stat; undefined if there is no process, `unreachable` if its node can't be asked. */
  readonly state: string | undefined;
  /** Python stacks as text; empty if none could be had. */
  readonly stack: string;
}

/** A training that does not go on, and the rank that holds it up. */
export interface Silence {
  readonly rank: number;
  readonly silentMs: number;
  readonly message: string;
  /** Where it stands still, and why this rank is named. */
  readonly place: string;
  readonly why: string;
}

/** The same silence, measured again. */
export function silenceOf({ rank, place, why }: Omit<Silence, "silentMs" | "message">, silentMs: number): Silence {
  const message = `rank ${rank} hangs ${place}: no step for ${formatDuration(silentMs)}, ${why}`;
  return { rank, place, why, silentMs, message };
}

/** How long a rank may be silent. */
export function hangLimit(medianStepMs: number | undefined, shortest = hangMs): number {
  return Math.max(shortest, hangSteps * (medianStepMs ?? 0));
}

/**
 * Ranks that stand still: as soon as one has been silent for longer than `limitMs`, all that have been for half as
 * long. Ranks of a training stop one after the other, the healthy ones not always last. None while any rank compiles,
 * or before all ranks train. While a rank saves or evaluates, only such ranks count, after 30 times as long.
 * `expected`: how many ranks there are.
 */
export function silentRanks(
  ranks: ReadonlyMap<number, RankLog>,
  when: { readonly elapsed: number; readonly limitMs: number; readonly expected: number },
): number[] {
  const logs = [...ranks.values()];
  if (logs.length < when.expected || logs.some(({ phase }) => phase === "starting")) return [];
  const slow = logs.filter(({ phase }) => phase === "saving" || phase === "evaluating");
  const limitMs = slow.length > 0 ? when.limitMs * slowFactor : when.limitMs;
  const watched = slow.length > 0 ? slow : logs.filter(({ phase }) => phase === "training");
  const silentFor = (ms: number) => watched.filter(({ progressAt }) => when.elapsed - progressAt > ms);
  if (silentFor(limitMs).length === 0) return [];
  return silentFor(limitMs / 2)
    .map(({ rank }) => rank)
    .sort((a, b) => a - b);
}

/** Where MindSpore's main thread stands while the graph, and the collectives in it, run. */
const insideGraph = /_exec_pip|GraphExecutorPy::Run/;
/** A frame as faulthandler or py-spy writes it; without one the stack could not be read. */
const aFrame = /^\s+(?:File ".+", line \d+|\S.* \(.+:\d+\)$)/m;

/**
 * Names the rank that holds up the others: one whose process is stopped, gone, or out of reach, else the one that is
 * behind in steps, else the one whose stack is outside of the graph while others wait inside, else the only one that
 * waits for a disk or a device, else the first silent one. Pure.
 */
export function judgeSilence(
  silent: readonly number[],
  ranks: ReadonlyMap<number, RankLog>,
  seen: { readonly processes: readonly RankProcess[]; readonly elapsed: number },
): Silence | undefined {
  const { processes, elapsed } = seen;
  const states = processes.filter(({ rank }) => silent.includes(rank));
  const stopped = states.find(({ state }) => state === "T" || state === "t");
  const gone = states.find(({ state }) => state === undefined);
  const unreachable = states.find(({ state }) => state === "unreachable");
  const steps = silent.map((rank) => ranks.get(rank)?.lastStep ?? 0);
  const furthest = [...ranks.values()].reduce((most, { lastStep }) => Math.max(most, lastStep), 0);
  const behind = silent.filter((_, index) => (steps[index] as number) < furthest);
  const atDevice = states.filter(({ state }) => state === "D");
  const outside = states.filter(({ stack }) => aFrame.test(stack) && !insideGraph.test(stack));
  const waiting = states.filter(({ stack }) => insideGraph.test(stack));
  const say = (rank: number | undefined, why: string): Silence | undefined => {
    const log = ranks.get(rank ?? -1);
    if (!log) return undefined;
    const silentMs = elapsed - log.progressAt;
    const inside = log.phase === "saving" ? "in a save " : log.phase === "evaluating" ? "in an evaluation " : "";
    const place = `${inside}after step ${log.lastStep} of ${log.totalSteps}`;
    return silenceOf({ rank: log.rank, place, why }, silentMs);
  };
  if (stopped) return say(stopped.rank, "its process is stopped (state T)");
  if (gone) return say(gone.rank, "its process is gone");
  if (unreachable) return say(unreachable.rank, `its node ${unreachable.node} can't be reached`);
  if (behind.length > 0) return say(behind[0], `the others reached step ${furthest}`);
  if (outside.length > 0 && waiting.length > 0) return say(outside[0]?.rank, "the others wait for it in a collective");
  if (atDevice.length === 1 && silent.length > 1)
    return say(atDevice[0]?.rank, "its process waits for a disk or a device (state D), the others do not");
  if (silent.length > 1) return say(silent[0], `as ${silent.length - 1} others; no rank differs`);
  return say(silent[0], ranks.size === 1 ? "it is the only rank" : "the others continue");
}
