import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { LabError, MachineError } from "./error.js";
import { LineSplitter } from "./lines.js";

/** How a program ended: exactly one of the two is set. */
export interface ProgramEnd {
  readonly exitCode: number | undefined;
  /** Name of the signal that killed it, such as `SIGKILL`. */
  readonly signal: string | undefined;
}

export interface ProgramOptions {
  /** Program and arguments; never goes through a shell. */
  readonly argv: readonly string[];
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Gets every line of stdout and stderr. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** File descriptor that stdout and stderr go to instead. */
  readonly outputTo?: number;
  /** The program's standard input is written to through `Program.input`; otherwise it is empty. */
  readonly input?: boolean;
  /** The program outlives this process and does not keep it alive. */
  readonly outlive?: boolean;
}

export interface Program {
  readonly pid: number;
  /** Only with the option `input`. Errors of a program that has ended are ignored; `end` reports them. */
  readonly input: Writable | undefined;
  readonly end: Promise<ProgramEnd>;
  /** Sends a signal to the whole process group; true if there was somebody to receive it. */
  signal(name: NodeJS.Signals): boolean;
  /** SIGTERM to the group, and SIGKILL to the group when `graceMs` (default 2000) have passed. */
  stop(options?: { readonly graceMs?: number }): Promise<ProgramEnd>;
}

/** Sends a signal to a process (positive id) or a process group (negative id); false if nobody is there. */
export function sendSignal(id: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(id, name);
    return true;
  } catch {
    return false;
  }
}

function outputLines(child: ChildProcess, onLine: NonNullable<ProgramOptions["onLine"]>): void {
  for (const stream of ["stdout", "stderr"] as const) {
    const splitter = new LineSplitter();
    child[stream]?.on("data", (portion: Buffer) => {
      for (const line of splitter.push(portion)) onLine(line, stream);
    });
    child[stream]?.on("end", () => {
      for (const line of splitter.end()) onLine(line, stream);
    });
  }
}

function endOf(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    child.once("close", (code, signal) => resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }));
  });
}

function started(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => {
      reject(
        new MachineError("PROGRAM_NOT_STARTED", `program ${program}: could not be started: ${cause.message}`, {
          hint: `check that it exists and may be run: ls -l ${program}`,
          details: { program },
          cause,
        }),
      );
    });
  });
}

/** Starts a program in a process group of its own. Throws PROGRAM_NOT_STARTED if there is no such program. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const [program = "", ...rest] = options.argv;
  const output = options.outputTo ?? (options.onLine ? "pipe" : "ignore");
  const child = spawn(program, rest, {
    detached: true,
    stdio: [options.input ? "pipe" : "ignore", output, output],
    env: { ...process.env, ...options.environment },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const end = endOf(child);
  if (options.onLine) outputLines(child, options.onLine);
  await started(child, program);
  if (options.outlive) child.unref();
  child.stdin?.on("error", () => undefined);
  const pid = child.pid as number;
  const signal = (name: NodeJS.Signals) => sendSignal(-pid, name);
  const stop = async ({ graceMs = 2000 } = {}) => {
    signal("SIGTERM");
    const timer = setTimeout(() => signal("SIGKILL"), graceMs);
    return end.finally(() => clearTimeout(timer));
  };
  return { pid, input: child.stdin ?? undefined, end, signal, stop };
}

export interface ProgramOutput extends ProgramEnd {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end and returns what it printed. It is stopped when `signal` fires (the signal's reason is
 * thrown) or after `timeoutMs` (default 60 000; PROGRAM_TOO_SLOW). A non-zero exit code is not an error here.
 */
export async function runProgram(
  options: Omit<ProgramOptions, "onLine" | "outputTo" | "outlive"> & {
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
  },
): Promise<ProgramOutput> {
  const { timeoutMs = 60_000, signal } = options;
  signal?.throwIfAborted();
  const lines = { stdout: [] as string[], stderr: [] as string[] };
  const program = await startProgram({ ...options, onLine: (line, stream) => void lines[stream].push(line) });
  let late = false;
  const stop = () => void program.stop();
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, timeoutMs);
  signal?.addEventListener("abort", stop, { once: true });
  const end = await program.end;
  clearTimeout(timer);
  signal?.removeEventListener("abort", stop);
  signal?.throwIfAborted();
  if (late) {
    throw new LabError(
      "PROGRAM_TOO_SLOW",
      `program ${options.argv[0]}: did not end within ${timeoutMs} ms and was stopped`,
      {
        hint: "try again when the machine is less busy",
        details: { argv: options.argv },
      },
    );
  }
  return { ...end, stdout: lines.stdout.join("\n"), stderr: lines.stderr.join("\n") };
}
