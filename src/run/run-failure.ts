import { LabError, RunFailedError } from "../core/error.js";
import type { RunStatus } from "./read/status.js";
import { openLine } from "./record/name.js";

/**
 * The error for a run that failed, with rank, exit code or signal and the last lines of that rank's log in the
 * message.
 */
export function runFailedError(status: RunStatus, folder: string): RunFailedError {
  const failure = status.failure ?? { message: status.message, logTail: [] };
  const shown = failure.logTail.slice(-12).map((line) => `    ${line.length > 300 ? `${line.slice(0, 299)}…` : line}`);
  const tail = shown.length > 0 ? `\n  last lines of its log:\n${shown.join("\n")}` : "";
  const hint =
    failure.signal === "SIGKILL"
      ? "a SIGKILL from outside often means that the system ran out of memory (dmesg | grep -i oom); " +
        `continue with: await resumeRun(${openLine(folder)})`
      : `read the whole log: ` +
        `await (${openLine(folder)}).logs({ ${failure.rank === undefined ? "" : `rank: ${failure.rank}, `}tail: 200 })`;
  return new RunFailedError("RUN_FAILED", `run ${status.name}: ${failure.message}${tail}`, {
    hint,
    ...(failure.rank === undefined ? {} : { rank: failure.rank }),
    ...(failure.exitCode === undefined ? {} : { exitCode: failure.exitCode }),
    ...(failure.signal === undefined ? {} : { signal: failure.signal }),
    logTail: failure.logTail,
    details: { folder, step: status.step, checkpointStep: status.checkpointStep },
  });
}

/** The error for a run whose supervisor is gone, and for a copy of a run folder, which never had one. */
export function runLostError(status: RunStatus, folder: string): LabError {
  return new LabError(
    "RUN_LOST",
    `run ${status.name}: ${status.message} (step ${status.step} of ${status.totalSteps})`,
    {
      hint: status.copyOf ? `await (${openLine(status.copyOf)}).wait()` : `await (${openLine(folder)}).stop()`,
      details: { folder, step: status.step, processes: status.processes },
    },
  );
}
