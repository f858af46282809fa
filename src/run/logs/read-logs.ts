import { isLabError } from "../../core/error.js";
import { inParallel } from "../nodes/in-parallel.js";
import type { RunNode } from "../nodes/node.js";
import { readNodes } from "../nodes/open/open-nodes.js";
import { RemoteNode } from "../nodes/remote-node.js";
import type { RunFile } from "../record/run-file.js";
import { byTime, type FoldedRecord, foldRecords } from "./fold.js";
import { LogLines } from "./log-lines.js";
import { chooseLogs, type LogOptions, questionOf } from "./log-options.js";
import { type LogAnswer, type LogQuestion, type LogRecord, sourceOf } from "./question.js";
import { LogFiles } from "./search-files.js";

/** Indices of the log folders that this process has looked at. */
const folders = new Map<string, LogFiles>();

function filesOf(folder: string): LogFiles {
  const known = folders.get(folder) ?? new LogFiles(folder);
  folders.set(folder, known);
  return known;
}

/** A node that ssh reaches searches its own files; of the others the files lie here. */
async function ask(node: RunNode, question: LogQuestion, folder: string): Promise<LogAnswer> {
  if (!(node instanceof RemoteNode) || question.patterns.includes("logs/supervisor.log"))
    return filesOf(folder).search(question);
  const offset = node.state.clockOffsetMs;
  const bound = (time: number) => (Number.isFinite(time) ? time - offset : null);
  const asked = {
    ...question,
    since: bound(question.since),
    until: bound(question.until),
    match: question.match ?? null,
  };
  return (await node.ask("search", asked)) as LogAnswer;
}

function recordsOf(answer: LogAnswer, node: RunNode): LogRecord[][] {
  const files = new Map<string, LogRecord[]>();
  for (const record of answer.records) {
    const { source, rank } = sourceOf(record.path);
    const list = files.get(record.path) ?? [];
    files.set(record.path, list);
    list.push({
      ...record,
      node: node.name,
      source,
      ...(rank !== undefined && { rank }),
      ...(record.time !== undefined && { time: record.time + node.state.clockOffsetMs }),
    });
  }
  return [...files.values()];
}

/** Records of the logs of a run, of all ranks and nodes that the options choose, in the order of time. */
export async function readLogs(file: RunFile, folder: string, options: LogOptions = {}): Promise<LogLines> {
  const choice = chooseLogs(file, options);
  const nodes = readNodes(file, () => folder);
  const asked = nodes.filter(({ nodeRank }) => choice.nodeRanks.includes(nodeRank));
  // Only one machine writes the supervisor's log.
  const wanted = choice.source === "supervisor" ? asked.slice(0, 1) : asked;
  const now = Date.now();
  try {
    const questions = wanted.map((node) => ({
      node,
      question: questionOf(choice, file, { ...options, nodeRank: node.nodeRank, now }),
    }));
    const outcomes = await inParallel(questions, async ({ node, question }) => ({
      node,
      answer: await ask(node, question, folder),
    }));
    const found: LogRecord[][] = [];
    const coverage = { files: 0, bytes: 0, searched: 0, unreachable: [] as string[] };
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") {
        if (!isLabError(outcome.reason)) throw outcome.reason;
        coverage.unreachable.push(outcome.reason.message);
        continue;
      }
      const { node, answer } = outcome.value;
      found.push(...recordsOf(answer, node));
      coverage.files += answer.files;
      coverage.bytes += answer.bytes;
      coverage.searched += answer.searched;
    }
    const single = choice.ranks?.length === 1 ? choice.ranks[0] : undefined;
    const { lines } = options;
    return new LogLines(single, shown(found, options, single), { coverage, ...(lines && { lines }) });
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

function shown(found: readonly LogRecord[][], options: LogOptions, single: number | undefined): FoldedRecord[] {
  const { tail = 30, fold = single === undefined ? "equal" : "none" } = options;
  const ordered = byTime(found);
  const folded =
    fold === "equal"
      ? foldRecords(ordered)
      : ordered.map((first) => ({ first, count: 1, ranks: first.rank === undefined ? [] : [first.rank] }));
  return folded.slice(-tail);
}
