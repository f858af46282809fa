/**
 * Why a process ended or a line was written. Causes of the first group return at every attempt; those of the second
 * do not.
 */
export type Cause =
  | "configuration"
  | "data"
  | "code"
  | "missing-file"
  | "device-memory"
  | "version"
  | "device"
  | "network"
  | "storage"
  | "disk-full"
  | "host-memory"
  | "port"
  | "killed"
  | "preempted"
  | "numerics"
  | "unknown";

/** Causes that a new start cannot cure. `device-memory` only before the first step: see `decide`. */
export const incurable: ReadonlySet<Cause> = new Set(["configuration", "data", "code", "missing-file", "version"]);

/** Causes from outside of the training: they say nothing about the next start. */
export const external: ReadonlySet<Cause> = new Set([
  "killed",
  "preempted",
  "port",
  "network",
  "storage",
  "device",
  "host-memory",
]);

interface CausePattern {
  readonly cause: Cause;
  readonly pattern: RegExp;
}

/**
 * The first pattern that matches any line names the cause; specific ones come before general ones. Texts are those of
 * MindSpore 2.9 and MindFormers 1.9, and of CANN and HCCL as documented (EI0002 notify wait, EI0006 socket connect,
 * EJ0001 device in use, EE9999 inner error).
 */
const patterns: readonly CausePattern[] = [
  { cause: "disk-full", pattern: /No space left on device|ENOSPC|Disk quota exceeded/ },
  {
    cause: "host-memory",
    pattern: /\bMemoryError\b|Cannot allocate memory|std::bad_alloc|oom-kill|Out of memory: Killed/,
  },
  { cause: "device-memory", pattern: /Out of Memory|Memory not enough|EL0004|device memory.*exhausted/i },
  { cause: "port", pattern: /Address already in use|Repeated registration node/ },
  { cause: "version", pattern: /undefined symbol|version.*(?:mismatch|not match|incompatible)|GLIBC.* not found/i },
  { cause: "numerics", pattern: /There is (?:nan|inf) in|consecutive times greater than threshold.*stop training/ },
  {
    cause: "device",
    pattern: /ECC|EE9999|E30004|EJ0001|uncorrectable|AI ?core.*(?:error|exception)|device.*(?:\blost|\bfault)/i,
  },
  { cause: "network", pattern: /EI0006|EI0002|HCCL|socket.*(?:timeout|connect)|Ring ReduceScatter|RunRingAllReduce/i },
  {
    cause: "network",
    pattern: /is timed out\. It may exit|Topology build timed out|[Cc]onnection (?:reset|refused)|timed out node/,
  },
  { cause: "storage", pattern: /Stale file handle|Input\/output error|Transport endpoint|Remote I\/O error/ },
  { cause: "missing-file", pattern: /FileNotFoundError|No such file or directory|not found, please check.*path/i },
  { cause: "code", pattern: /ModuleNotFoundError|ImportError|SyntaxError|AttributeError|NameError|IndentationError/ },
  {
    cause: "data",
    pattern: /MindRecord|BlendedMegatron|IndexedDataset|UnicodeDecodeError|dataset.*(?:empty|invalid|corrupt)/i,
  },
  {
    cause: "configuration",
    pattern: /mindformers-lab engine: ERROR |KeyError|ValueError|TypeError|AssertionError|YAMLError/,
  },
];

/** Teardown noise that follows another rank's death; it never names the first cause. */
const aftermath = /WARNING|Distributed job exited with exception|\bINFO\b|UserWarning/;

/** The cause that a log's last lines name, and the line; `unknown` without one. */
export function causeOfLines(lines: readonly string[]): { readonly cause: Cause; readonly line: string | undefined } {
  const candidates = lines.filter((line) => !aftermath.test(line));
  for (const { cause, pattern } of patterns) {
    const line = candidates.find((each) => pattern.test(each));
    if (line !== undefined) return { cause, line };
  }
  return { cause: "unknown", line: undefined };
}

/** The cause of a process's end from its signal, its exit code and its log. */
export function causeOfEnd(end: {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly outOfMemory?: boolean | undefined;
  readonly lastLines?: readonly string[] | undefined;
}): { readonly cause: Cause; readonly line: string | undefined } {
  if (end.outOfMemory) return { cause: "host-memory", line: undefined };
  if (end.signal === "SIGTERM" || end.exitCode === 143) return { cause: "preempted", line: undefined };
  const named = causeOfLines(end.lastLines ?? []);
  // A killed process wrote no last words: its log speaks of other ranks, if of anything.
  if (end.signal === "SIGKILL" || end.exitCode === 137) return { cause: "killed", line: named.line };
  if (["SIGSEGV", "SIGBUS", "SIGILL", "SIGABRT"].includes(end.signal ?? "") && named.cause === "unknown")
    return { cause: "device", line: named.line };
  return named;
}
