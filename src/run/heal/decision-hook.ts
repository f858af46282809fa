import { startProgram } from "../../core/process.js";
import type { DecisionEvent } from "../record/events.js";

/** How long a hook may take, milliseconds. */
const hookMs = 30_000;

/** What a hook said: nothing, a veto, or why it could not be asked. */
export interface HookAnswer {
  readonly veto?: string;
  readonly failed?: string;
}

/** Reads `{ "veto": "reason" }` from the last line of a hook's output; anything else lets the decision stand. */
export function parseAnswer(lines: readonly string[]): HookAnswer {
  const last = lines.findLast((line) => line.trim() !== "");
  if (last === undefined || !last.trim().startsWith("{")) return {};
  try {
    const { veto } = JSON.parse(last) as { veto?: unknown };
    return typeof veto === "string" && veto !== "" ? { veto } : {};
  } catch {
    return { failed: `its answer is not JSON: ${last.slice(0, 200)}` };
  }
}

/**
 * Tells a program of the user about a decision before anything is done: one line of JSON on its standard input. The
 * program can forbid it. One that fails or hangs changes nothing: the run must not depend on it.
 */
export async function askHook(
  argv: readonly string[],
  about: { readonly run: string; readonly folder: string; readonly decision: DecisionEvent },
): Promise<HookAnswer> {
  const lines: string[] = [];
  try {
    const program = await startProgram({
      argv,
      cwd: about.folder,
      input: true,
      onLine: (line, stream) => void (stream === "stdout" && lines.push(line)),
    });
    program.input?.end(`${JSON.stringify(about)}\n`);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      void program.stop();
    }, hookMs);
    const { exitCode, signal } = await program.end;
    clearTimeout(timer);
    if (late) return { failed: `no answer within ${hookMs / 1000} s` };
    if (exitCode !== 0) return { failed: `it ended with ${signal ?? `exit code ${exitCode}`}` };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
  return parseAnswer(lines);
}
