import { systemClock } from "../../core/clock.js";
import type { LossPoint } from "../../recover/certificate/after.js";
import { startsAgain } from "../../recover/decide/action.js";
import type { OverseerPast } from "../../recover/decide/overseer.js";
import { Healer } from "../heal/healer.js";
import { readNodes } from "../nodes/open/open-nodes.js";
import { freePort } from "../nodes/port.js";
import type { DecisionEvent } from "../record/events.js";
import type { RunHistory } from "../record/history.js";
import { ranksOf } from "../record/node-command.js";
import { RecordReader } from "../record/record-reader.js";
import type { RunFile } from "../record/run-file.js";
import type { AttemptEnd } from "./attempt.js";
import { tailOf } from "./follow.js";
import type { Place } from "./place.js";
import { readStopRequest } from "./stop-request.js";
import type { SupervisorOptions } from "./supervisor.js";

/** Lines of a log that can name a cause; MindSpore prints long stacks after it. */
const causeLines = 200;

type Healing = Pick<SupervisorOptions, "next" | "examine" | "hangMs">;

/** What a supervisor needs to carry out the run's recovery policy; nothing for a run without one. */
export async function healing(place: Place, file: RunFile): Promise<Healing> {
  if (file.recovery === undefined) return {};
  const folder = () => place.folder;
  const history = await read(folder, file);
  const healer = new Healer(file, {
    folder,
    clock: systemClock,
    stopRequested: async () => (await readStopRequest(place.folder)) !== undefined,
    losses: () => losses(folder, file),
    freePort,
    past: pastOf(history.decisions, newestCheckpoint(history)),
  });
  const { hangAfterMs, hangAtLeastMs } = file.recovery.limits;
  return {
    examine: (seen, recorder) => healer.examine(seen, recorder),
    next: (end, ended, recorder) => healer.next(endOf(end, ended, place.folder), ended, recorder),
    // A hang is reported after this time, and acted on after twice as long.
    hangMs: (hangAfterMs ?? hangAtLeastMs) / 2,
  };
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

function endOf(end: AttemptEnd, file: RunFile, folder: string) {
  const nodeOf = (rank: number) => file.commands.find((command) => ranksOf(command).includes(rank));
  return {
    verdict: end.verdict,
    lastStep: end.logs.ranks.get(end.verdict.fault?.rank ?? -1)?.lastStep || end.logs.lastStep,
    silence: end.silence,
    gone: end.gone,
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
