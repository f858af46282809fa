import { hasAll } from "../../core/arguments.js";
import { parseDuration } from "../../core/units.js";
import { ranksOf } from "../record/node-command.js";
import type { RunFile } from "../record/run-file.js";
import { checkLogOptions, refuseOption } from "./check-log-options.js";
import type { LogQuestion, LogSource } from "./question.js";
import { type LogLevel, logLevels } from "./scan.js";

/** Options of `run.logs`. */
export interface LogOptions {
  /** Rank or ranks, or `"all"`. Default: the rank that shows the true loss; all if another option below chooses. */
  readonly rank?: number | readonly number[] | "all";
  /** Node by its name or node_rank. */
  readonly node?: string | number;
  /** What wrote the log: `"worker"` (default), `"scheduler"`, `"msrun"`, `"supervisor"`. */
  readonly source?: LogSource;
  /** Only records of at least this level; a Python traceback counts as an error. */
  readonly level?: LogLevel;
  /**
   * A time (`"2026-11-28 22:43"`), a time of day, or how long ago (`"10m"`). Records without a time belong to the
   * record before them.
   */
  readonly since?: string | number | Date;
  readonly until?: string | number | Date;
  /** Number of records from the end, default 30. */
  readonly tail?: number;
  /** Only records that match; a string must occur in the record. */
  readonly match?: RegExp | string;
  /**
   * `"equal"` (default for several ranks): equal records of several ranks are shown once. `"none"`: every record is
   * shown.
   */
  readonly fold?: "equal" | "none";
  /**
   * `"short"` (default): shows time, severity, and message of each record. `"whole"`: shows the lines as in the file.
   */
  readonly lines?: "short" | "whole";
  /** True: shows the records that are written from now on, until the run has ended. */
  readonly follow?: boolean;
  /** Engine start within the run; default: the newest. */
  readonly attempt?: number;
}

/** Which ranks, nodes, and files a question is about. */
export interface LogChoice {
  /** Undefined: all. */
  readonly ranks: readonly number[] | undefined;
  readonly nodeRanks: readonly number[];
  readonly source: LogSource;
  readonly attempt: number;
}

const timeOfDay = /^\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*$/;
const day = 24 * 3600 * 1000;

/**
 * A moment in milliseconds since the epoch. A time of day is the last one before `now`.
 * @throws ARGUMENT_INVALID
 */
export function momentOf(value: string | number | Date, now: number, option = "since"): number {
  if (typeof value === "string" && /^\s*[\d.]+\s*[a-z]+\s*$/i.test(value))
    return now - parseDuration(value, `logs ${option}`);
  const moment = typeof value === "string" ? momentOfText(value, now) : Number(value);
  if (Number.isFinite(moment) && (typeof value === "string" || moment >= 0)) return moment;
  throw refuseOption(option, 'a time such as "2026-11-28 22:43", "22:43", or "10m"', value);
}

function momentOfText(text: string, now: number): number {
  const [found, hours, minutes, seconds = 0] = timeOfDay.exec(text) ?? [];
  if (found === undefined) return Date.parse(text);
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return Number.NaN;
  const moment = new Date(now).setHours(Number(hours), Number(minutes), Number(seconds), 0);
  return moment > now ? moment - day : moment;
}

/** Chooses ranks and nodes. @throws ARGUMENT_INVALID for a rank, node, or attempt that the run does not have */
export function chooseLogs(file: RunFile, options: LogOptions): LogChoice {
  checkLogOptions({ ...options });
  const { rank, node, source = "worker", attempt = file.attempt } = options;
  const isWide = [node, options.level, options.since, options.until, options.fold].some((each) => each !== undefined);
  const chosen = rank === "all" ? undefined : (rank ?? (isWide || source !== "worker" ? undefined : lossRankOf(file)));
  const ranks = chosen === undefined ? undefined : [chosen].flat();
  const nodes = file.commands.filter(
    (command) => node === undefined || command.node === node || command.nodeRank === node,
  );
  if (nodes.length === 0) throw refuseOption("node", file.commands.map((command) => command.node).join(", "), node);
  const nodeRanks = nodes
    .filter((command) => ranks === undefined || ranks.some((each) => ranksOf(command).includes(each)))
    .map(({ nodeRank }) => nodeRank);
  if (attempt > file.attempt) throw refuseOption("attempt", `1 to ${file.attempt}`, attempt);
  const known = file.commands.flatMap(ranksOf);
  const missing = ranks?.find((each) => !known.includes(each));
  if (missing !== undefined) throw refuseOption("rank", `0 to ${known.length - 1}`, missing);
  return { ranks, nodeRanks, source, attempt };
}

/** The rank of the loss, or the nearest whose log this machine can have. */
function lossRankOf(file: RunFile): number {
  const command = file.commands[file.localNode];
  const local = command ? ranksOf(command) : [];
  const { via = "local" } = (file.cluster as { access?: { via?: string } } | undefined)?.access ?? {};
  const isRemote = via !== "local";
  return isRemote || local.includes(file.lossRank) ? file.lossRank : (local.at(-1) ?? 0);
}

/** The question for one node. */
export function questionOf(
  choice: LogChoice,
  file: RunFile,
  about: LogOptions & { nodeRank: number; now: number },
): LogQuestion {
  const { level, since, until, match, tail = 30, nodeRank, now } = about;
  const command = file.commands.find((each) => each.nodeRank === nodeRank);
  const folder =
    file.layout === 1 ? `logs/attempt-${choice.attempt}` : `logs/attempt-${choice.attempt}/node-${nodeRank}`;
  const ranks = choice.ranks?.filter((rank) => command === undefined || ranksOf(command).includes(rank));
  const names: Readonly<Record<LogSource, readonly string[]>> = {
    worker: ranks === undefined ? [`${folder}/worker_*.log`] : ranks.map((rank) => `${folder}/worker_${rank}.log`),
    scheduler: [`${folder}/scheduler.log`],
    msrun: [`${folder}/msrun.log`],
    supervisor: ["logs/supervisor.log"],
  };
  const from = since === undefined ? Number.NEGATIVE_INFINITY : momentOf(since, now, "since");
  const to = until === undefined ? Number.POSITIVE_INFINITY : momentOf(until, now, "until");
  if (from > to) throw refuseOption("until", `a time after since (${JSON.stringify(since)})`, until);
  return {
    patterns: names[choice.source],
    level: level === undefined ? 0 : logLevels.indexOf(level),
    since: from,
    until: to,
    match: patternOf(match),
    tail,
  };
}

function patternOf(match: RegExp | string | undefined): LogQuestion["match"] {
  if (match === undefined) return undefined;
  const isPattern = typeof match === "string" || hasAll(match, "source", "flags");
  if (!isPattern) throw refuseOption("match", "a text or a regular expression", match);
  if (typeof match !== "string") return { source: match.source, flags: match.flags };
  return { source: match.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), flags: "" };
}
