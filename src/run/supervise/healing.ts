import { systemClock } from "../../core/clock.js";
import type { LossPoint } from "../../recover/certificate/after.js";
import { startsAgain } from "../../recover/decide/action.js";
import type { OverseerPast } from "../../recover/decide/overseer.js";
import { Healer } from "../heal/healer.js";
import { attemptAfterRequeue } from "../heal/requeue.js";
import { comparisonEvent, ResumeWatch } from "../heal/resume-watch.js";
import { hasRemoteFiles, readNodes, remoteNodes } from "../nodes/open/open-nodes.js";
import { freePort } from "../nodes/port.js";
import type { DecisionEvent, RunEvent } from "../record/events.js";
import type { RunHistory } from "../record/history.js";
import { ranksOf } from "../record/node-command.js";
import { RecordReader } from "../record/record-reader.js";
import { type RunFile, readRunFile } from "../record/run-file.js";
import type { AttemptEnd } from "./attempt-end.js";
import { tailOf } from "./observe/follow.js";
import type { Place } from "./start/place.js";
import { readStopRequest } from "./stop-request.js";
import type { SupervisorOptions } from "./supervisor.js";

/** Lines of a log that can name a cause; MindSpore prints long stacks after it. */
const causeLines = 200;

type Healing = Pick<SupervisorOptions, "next" | "examine" | "hangMs">;

/** What a supervisor needs to carry out the run's recovery policy; nothing for a run without one. */
export async function healing(place: Place, file: RunFile): Promise<Healing> {
  const folder = () => place.folder;
  const history = await read(folder, file);
  const continued = await continuedWatch(file, history);
  const stopRequested = async () => (await readStopRequest(place.folder)) !== undefined;
  if (file.recovery === undefined)
    return {
      ...(continued && { examine: comparing(continued) }),
      next: async (end, ended, recorder) => {
        if (!isRequeued(end) || (await stopRequested())) return undefined;
        const about = {
          folder: place.folder,
          file: ended,
          end: endOf(end, ended, place.folder),
          time: systemClock.now(),
        };
        const record = (events: readonly RunEvent[]) => recorder.record(events, { durable: true });
        return attemptAfterRequeue(about, { record, freePort });
      },
    };
  const healer = new Healer(file, {
    folder,
    clock: systemClock,
    stopRequested,
    losses: () => losses(folder, file),
    checkpoints: async () => (await read(folder, file)).checkpoints,
    freePort: portFor,
    past: pastOf(history.decisions, newestCheckpoint(history)),
    continued,
  });
  const { hangAfterMs, hangAtLeastMs } = file.recovery.limits;
  return {
    examine: (seen, recorder) => healer.examine(seen, recorder),
    next: (end, ended, recorder) => healer.next(endOf(end, ended, place.folder), ended, recorder),
    // A hang is reported after this time, and acted on after twice as long.
    hangMs: (hangAfterMs ?? hangAtLeastMs) / 2,
  };
}

/** Holds a run that continues another one against the other's losses; undefined if that was done, or can't be. */
async function continuedWatch(file: RunFile, { decisions }: RunHistory): Promise<ResumeWatch | undefined> {
  const { parent, compare } = file;
  if (parent === undefined || compare === undefined || file.resumedFrom !== undefined) return undefined;
  if (decisions.some(({ decision }) => /^resume \w+$/.test(decision))) return undefined;
  const before = await readRunFile(parent.folder).catch(() => undefined);
  if (before === undefined) return undefined;
  const { ahead = 0 } = compare;
  const recorded = (await losses(() => parent.folder, before)).map(({ step, loss }) => ({ step: step - ahead, loss }));
  return new ResumeWatch(recorded, { fromStep: parent.step, ...compare });
}

/** For a run without a recovery policy: it ends if it does not continue the training. */
function comparing(continued: ResumeWatch): NonNullable<Healing["examine"]> {
  let watch: ResumeWatch | undefined = continued;
  return async ({ steps }, recorder) => {
    for (const step of steps) {
      const result = watch?.take(step);
      if (watch === undefined || result === undefined) continue;
      const asked = watch;
      watch = undefined;
      const time = systemClock.now();
      await recorder.record([comparisonEvent(result, { time, attempt: step.attempt })], { durable: true });
      if (result.verdict === "diverged") return asked.finding(result, time);
    }
    return undefined;
  };
}

/** A port that is free where the scheduler will listen. */
async function portFor(above: number, next: RunFile): Promise<number> {
  if (!hasRemoteFiles(next)) return freePort();
  const [master, ...others] = remoteNodes(next);
  try {
    return Number(await master?.ask("freePort", { start: above }));
  } finally {
    await Promise.all([master, ...others].map((node) => node?.close()));
  }
}

async function read(folder: () => string, file: RunFile): Promise<RunHistory> {
  const reader = new RecordReader(folder, file.layout);
  await reader.read();
  return reader.history;
}

async function losses(folder: () => string, file: RunFile): Promise<readonly LossPoint[]> {
  const reader = new RecordReader(folder, file.layout);
  await reader.read();
  return [...(await reader.steps())].map(({ step, loss }) => ({ step, loss }));
}

function newestCheckpoint(history: RunHistory): number {
  return history.checkpoints.reduce((newest, { time }) => Math.max(newest, time), 0);
}

/** What earlier supervisors of this run decided. */
export function pastOf(events: readonly DecisionEvent[], progressAt: number): OverseerPast {
  const past = events.flatMap(({ decision, finding, time }) =>
    finding === undefined ? [] : [{ finding, time, action: decision as Parameters<typeof startsAgain>[0] }],
  );
  const starts = past.filter(({ action }) => startsAgain(action));
  return {
    past,
    restarts: starts.length,
    restartsWithoutProgress: starts.filter(({ time }) => time > progressAt).length,
  };
}

function isRequeued({ ends }: AttemptEnd): boolean {
  return [...ends.values()].some(({ requeued }) => requeued);
}

function endOf(end: AttemptEnd, file: RunFile, folder: string) {
  const nodeOf = (rank: number) => file.commands.find((command) => ranksOf(command).includes(rank));
  return {
    verdict: end.verdict,
    lastStep: end.logs.ranks.get(end.verdict.fault?.rank ?? -1)?.lastStep || end.logs.lastStep,
    silence: end.silence,
    lost: end.lost,
    gone: end.gone,
    outOfMemory: end.outOfMemory,
    requeued: isRequeued(end),
    nodeOf: (rank: number) => nodeOf(rank)?.node,
    logTail: (rank: number | undefined) => tailOn(rank, file, folder),
  };
}

/** The end of a rank's log, of msrun's own for `undefined`, from the node where it lies. */
async function tailOn(rank: number | undefined, file: RunFile, folder: string): Promise<string[]> {
  const command = file.commands.find((each) => rank !== undefined && ranksOf(each).includes(rank));
  const nodeRank = command?.nodeRank ?? file.commands[file.localNode]?.nodeRank ?? 0;
  const logs = `logs/attempt-${file.attempt}${file.layout === 1 ? "" : `/node-${nodeRank}`}`;
  const nodes = readNodes(file, () => folder);
  try {
    const node = nodes.find((each) => each.nodeRank === nodeRank);
    if (!node) return [];
    const log = rank === undefined ? `${logs}/msrun.log` : `${logs}/worker_${rank}.log`;
    return await tailOf(node, log, causeLines).catch(() => []);
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}
