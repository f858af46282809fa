import { spawn } from "node:child_process";
import { join } from "node:path";

/** What a process that prepared several datasets had done when it ended. */
export interface Ending {
  readonly runs: readonly RunEnding[];
  /** From the start of the preparations on, in milliseconds. */
  readonly milliseconds: number;
}

export interface RunEnding {
  /** Undefined if it was killed before the dataset was there. */
  readonly notes: readonly string[] | undefined;
  /** Bytes of text that went to threads, part by part. */
  readonly given: readonly number[];
}

type Line = { readonly run: number; readonly given?: number; readonly notes?: readonly string[] };

/**
 * When to send SIGKILL: so many milliseconds after the preparations began, or after `once` was first true of what was
 * printed.
 */
export interface Kill {
  readonly after: number;
  readonly once?: (printed: string) => boolean;
}

/** Prepares datasets in a process of its own, all at the same time. */
export function prepareInProcess(options: readonly object[], kill?: Kill): Promise<Ending> {
  const script = join(import.meta.dirname, "prepare-victim.mjs");
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ["ignore", "pipe", "pipe"] });
  let [printed, complaint, started] = ["", "", 0];
  let waiting: NodeJS.Timeout | undefined;
  const killLater = ({ after, once = () => true }: Kill) => {
    if (once(printed)) waiting = setTimeout(() => child.kill("SIGKILL"), after);
    else waiting = setTimeout(() => killLater({ after, once }), 1);
  };
  child.stderr.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  child.stdout.on("data", (data: Buffer) => {
    printed += data.toString();
    if (started !== 0 || !printed.startsWith("go\n")) return;
    started = performance.now();
    if (kill) killLater(kill);
  });
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      clearTimeout(waiting);
      const milliseconds = performance.now() - started;
      const lines = printed.split("\n").filter((line) => line.startsWith('{"run"') && line.endsWith("}"));
      const said = lines.map((line) => JSON.parse(line) as Line);
      const runs = options.map((_, i) => ({
        notes: said.find(({ run, notes }) => run === i && notes)?.notes,
        given: said.flatMap(({ run, given }) => (run === i && given !== undefined ? [given] : [])),
      }));
      if (code === 0 || signal === "SIGKILL") resolve({ runs, milliseconds });
      else reject(new Error(`exit code ${code}, signal ${signal}: ${complaint}`));
    });
  });
}
