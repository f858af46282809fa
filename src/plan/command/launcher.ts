import { hasAll, requireArgument, requireText } from "../../core/arguments.js";
import { type Issue, LabError } from "../../core/error.js";
import { issueList } from "../../view/issue-list.js";
import type { ShownList } from "../../view/shown-list.js";
import { doubleQuoted, quoteWord, shellWords } from "./shell-words.js";

/**
 * A call of MindFormers' `scripts/msrun_launcher.sh`. It takes 1, 2, 6, or 9 arguments:
 * EXEC · EXEC N · EXEC N PORT LOG_DIR JOIN TIMEOUT · EXEC N LOCAL MASTER_ADDR PORT NODE_RANK LOG_DIR JOIN TIMEOUT.
 * Without the others: 8 workers, port 8118, output/msrun_log, join False, 7200 s.
 */
export interface LauncherCall {
  /** The script as it was called, such as `scripts/msrun_launcher.sh`. */
  readonly script: string;
  /** What msrun starts, as one text that the script gives to `eval`. */
  readonly program: string;
  readonly form: 1 | 2 | 6 | 9;
  /** Workers of the whole training, and of one node. */
  readonly workers: number;
  readonly localWorkers: number;
  readonly masterAddress: string;
  readonly port: number;
  /** As written: a number, a range such as `0..127`, or a placeholder such as `$node_rank`. */
  readonly nodeRank: string;
  readonly logFolder: string;
  readonly join: string;
  readonly timeoutSeconds: number;
  /** Number of nodes: workers / localWorkers. */
  readonly nodes: number;
}

const defaults = {
  workers: "8",
  master: "127.0.0.1",
  port: "8118",
  rank: "0",
  log: "output/msrun_log",
  join: "False",
  timeout: "7200",
};

function unreadable(found: string): LabError {
  return new LabError(
    "LAUNCHER_CALL_INVALID",
    `call of msrun_launcher.sh: expected 1, 2, 6, or 9 arguments, found ${found}`,
    {
      hint:
        'bash scripts/msrun_launcher.sh "run_mindformer.py …" ' +
        "1024 8 MASTER_IP 8118 NODE_RANK output/msrun_log False 7200",
    },
  );
}

function fields(words: readonly string[]): Record<keyof typeof defaults | "local", string> {
  const [, workers = defaults.workers, ...rest] = words;
  const alone = { ...defaults, workers, local: workers };
  if (words.length <= 2) return alone;
  if (words.length === 6) {
    const [port, log, join, timeout] = rest as [string, string, string, string];
    return { ...alone, port, log, join, timeout };
  }
  const [local, master, port, rank, log, join, timeout] = rest as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return { workers, local, master, port, rank, log, join, timeout };
}

/**
 * Parses a call as typed in a shell: `bash scripts/msrun_launcher.sh "run_mindformer.py …" 1024 8 …`. Node rank,
 * address and port may be placeholders or variables. @throws LAUNCHER_CALL_INVALID for calls that the script itself
 * would reject with its usage text.
 *
 * @example
 * const { workers, port } = parseLauncherCall('bash scripts/msrun_launcher.sh "run_mindformer.py" 8');
 */
export function parseLauncherCall(text: string): LauncherCall {
  requireArgument(typeof text === "string", {
    ...{ call: "parseLauncherCall", expected: "the call as text", found: text },
    example: `parseLauncherCall('bash msrun_launcher.sh "run_mindformer.py" 8')`,
  });
  const words = shellWords(text);
  const at = words.findIndex((word) => /msrun_launcher\.sh$/.test(word));
  if (at < 0) throw unreadable(JSON.stringify(text.slice(0, 80)));
  const given = words.slice(at + 1);
  const form = given.length;
  if (form !== 1 && form !== 2 && form !== 6 && form !== 9) throw unreadable(`${form}: ${given.slice(1).join(" ")}`);
  const value = fields(given);
  const count = (name: string, written: string): number => {
    if (/^\d+$/.test(written)) return Number(written);
    throw unreadable(`${name} ${JSON.stringify(written)}, which is not a number`);
  };
  const workers = count("the number of workers", value.workers);
  const localWorkers = count("the workers of a node", value.local);
  return {
    script: words[at] as string,
    program: given[0] as string,
    form,
    workers,
    localWorkers,
    masterAddress: value.master,
    port: /^\d+$/.test(value.port) ? Number(value.port) : Number.NaN,
    nodeRank: value.rank,
    logFolder: value.log,
    join: value.join,
    timeoutSeconds: count("the time for building the cluster", value.timeout),
    nodes: localWorkers === 0 ? 0 : workers / localWorkers,
  };
}

/**
 * First and last node rank that a call names: a number, `0..127`, `{0..127}`, `0-127`, `0 to 127`; undefined for a
 * placeholder.
 */
function rankRange(written: string): readonly [number, number] | undefined {
  const match = /^\{?\s*(-?\d+)\s*(?:(?:\.\.|…|-|–|to)\s*(-?\d+)\s*)?\}?$/.exec(written);
  return match === null ? undefined : [Number(match[1]), Number(match[2] ?? match[1])];
}

function error([rule, path]: readonly [rule: string, path: string], message: string, hint: string): Issue {
  return { severity: "error", rule, path, message, hint };
}

function* rankFindings(call: LauncherCall): Generator<Issue> {
  const range = rankRange(call.nodeRank);
  const last = call.nodes - 1;
  const why =
    `${call.workers} workers / ${call.localWorkers} on each node = ${call.nodes} nodes, ` +
    `and worker i of a node gets rank node_rank · ${call.localWorkers} + i`;
  if (range === undefined || !Number.isInteger(call.nodes)) return;
  const [low, high] = range;
  if (low >= 0 && high <= last) return;
  const wrong =
    high > last
      ? `node_rank ${Math.max(low, call.nodes)}${high > Math.max(low, call.nodes) ? ` to ${high}` : ""}`
      : `node_rank ${low}`;
  const first = high > last ? Math.max(low, call.nodes) * call.localWorkers : low * call.localWorkers;
  yield error(
    ["node-rank", "NODE_RANK"],
    `node_rank must be 0 to ${last}: ${why}; ` +
      `${wrong} would get ranks from ${first} on, but there are only ranks 0 to ${call.workers - 1}`,
    `start ${call.nodes} nodes with node_rank 0 to ${last}`,
  );
}

function* findings(call: LauncherCall): Generator<Issue> {
  const { workers, localWorkers, port } = call;
  if (workers === 1)
    yield error(
      ["launcher-one-worker", "WORKER_NUM"],
      "with 1 worker the script prints advice and ends with exit code 0 without having started anything",
      `python ${call.program} --use_parallel False`,
    );
  if (localWorkers < 1 || localWorkers > workers)
    yield error(
      ["launcher-local-workers", "LOCAL_WORKER"],
      `a node can't have ${localWorkers} of ${workers} workers`,
      `LOCAL_WORKER from 1 to ${workers}`,
    );
  else if (workers % localWorkers !== 0)
    yield error(
      ["launcher-local-workers", "LOCAL_WORKER"],
      "every node must have as many workers: " +
        `${workers} / ${localWorkers} = ${(workers / localWorkers).toFixed(2)} nodes`,
      "a LOCAL_WORKER that divides WORKER_NUM",
    );
  if (Number.isFinite(port) && (port < 1024 || port > 65535))
    yield error(["launcher-port", "MASTER_PORT"], `msrun takes ports from 1024 to 65535, found ${port}`, "8118");
  if (call.join !== "True" && call.join !== "False")
    yield error(["launcher-join", "JOIN"], `msrun takes the words True and False, found ${call.join}`, "False");
  yield* rankFindings(call);
  if (call.nodes > 1 && /^(127\.|localhost$|::1$)/.test(call.masterAddress))
    yield error(
      ["launcher-master", "MASTER_ADDR"],
      `${call.nodes} nodes can't meet at ${call.masterAddress}, which is a different machine on each of them`,
      "the address of the node with node_rank 0, the same on every node",
    );
  if (call.join === "False")
    yield {
      severity: "warning",
      rule: "launcher-join",
      path: "JOIN",
      message: "with JOIN False the script ends at once with exit code 0, also if the training fails later",
      hint: "JOIN True, or look at the workers' logs",
    };
}

/**
 * Findings about a call of msrun_launcher.sh: its errors, and what the script would silently do.
 *
 * @example
 * checkLauncherCall('bash msrun_launcher.sh "run_mindformer.py --config my.yaml" 16 8 10.0.0.1 8118 0 log False 300');
 */
export function checkLauncherCall(call: LauncherCall | string): ShownList<Issue> {
  if (typeof call !== "string") requireCall(call, "checkLauncherCall");
  return issueList([...findings(typeof call === "string" ? parseLauncherCall(call) : call)]);
}

function requireCall(call: unknown, name: string): void {
  requireArgument(hasAll(call, "script", "program", "form", "nodes", "logFolder"), {
    ...{ call: name, expected: "the result of parseLauncherCall", found: call },
    example: `${name}(parseLauncherCall('bash msrun_launcher.sh "run_mindformer.py" 8'))`,
  });
  const { script, program, logFolder } = call as LauncherCall;
  for (const [key, value] of Object.entries({ script, program, logFolder }))
    requireText(value, `${name}, ${key}`, `${name}({ ...call, ${key}: "…" })`);
}

/** The arguments of the call, as words. The log folder goes through `eval`, so it is quoted for that. */
function words(call: LauncherCall): string[] {
  const log = quoteWord(call.logFolder);
  if (call.form === 1) return [];
  if (call.form === 2) return [String(call.workers)];
  if (call.form === 6) return [String(call.workers), String(call.port), log, call.join, String(call.timeoutSeconds)];
  const { workers, localWorkers, masterAddress, port, nodeRank, join, timeoutSeconds } = call;
  return [workers, localWorkers, masterAddress, port, nodeRank, log, join, timeoutSeconds].map(String);
}

/** A variable stays one; everything else is quoted where the shell would change it. */
function argument(word: string): string {
  return /^\$\{?\w+\}?$/.test(word) ? `"${word}"` : quoteWord(word);
}

/**
 * Formats a call as one line for a terminal.
 *
 * @example
 * const call = parseLauncherCall('bash scripts/msrun_launcher.sh "run_mindformer.py --config my.yaml" 8');
 * formatLauncherCall({ ...call, workers: 16 });
 */
export function formatLauncherCall(call: LauncherCall): string {
  requireCall(call, "formatLauncherCall");
  return ["bash", quoteWord(call.script), doubleQuoted(call.program), ...words(call).map(argument)].join(" ");
}

/**
 * The call of every node, in the order of node_rank: 0, 1, … workers / localWorkers − 1. @throws LAUNCHER_CALL_INVALID
 * if this is not a whole number.
 *
 * @example
 * const text = 'bash scripts/msrun_launcher.sh "run_mindformer.py" 16 8 10.0.0.1 8118 0 output/log False 300';
 * const call = parseLauncherCall(text);
 * launcherCalls(call).length; // 2 nodes
 */
export function launcherCalls(call: LauncherCall): string[] {
  requireCall(call, "launcherCalls");
  if (!Number.isInteger(call.nodes) || call.nodes < 1)
    throw unreadable(
      `${call.workers} workers and ${call.localWorkers} on each node, which is not a whole number of nodes`,
    );
  return Array.from({ length: call.nodes }, (_, rank) => formatLauncherCall({ ...call, nodeRank: String(rank) }));
}
