import { LabError } from "../../core/error.js";
import { isLive, type RunStatus } from "../read/status.js";
import type { RunFile } from "../record/run-file.js";

/** What a launch does with a run of that name that exists already. */
export type Reuse = { readonly action: "return"; readonly note: string } | { readonly action: "try-again" };

function taken(status: RunStatus, found: string, hint: string): LabError {
  return new LabError("RUN_NAME_TAKEN", `run name ${status.name}: expected a new name, found ${found}`, {
    hint,
    details: { name: status.name, state: status.state, step: status.step },
  });
}

/** First of `name-2`, `name-3`, … after a name: `wiki` → `wiki-2` → `wiki-3`. */
export function nextName(name: string): string {
  const match = /^(.*)-(\d+)$/.exec(name);
  return match ? `${match[1]}-${Number(match[2]) + 1}` : `${name}-2`;
}

/** What is said when the same training is asked for again; undefined if it neither lives nor ended well. */
export function sameTrainingNote(status: RunStatus, open: string): string | undefined {
  const at = `step ${status.step} of ${status.totalSteps}`;
  if (isLive(status)) return `the same training is live (${status.state}, ${at}); nothing was started`;
  if (status.state === "finished") return `the same training already finished at ${at}; nothing was started`;
  if (status.state !== "stopped") return undefined;
  return `the same training was stopped at ${at}; nothing was started; to continue: await resumeRun(${open})`;
}

/**
 * Decides, without starting anything. The same training is returned while it lives and after it ended well or was
 * stopped; one that failed without a checkpoint may be tried again; everything else needs another name. Pure.
 */
export function reuseOf(
  status: RunStatus,
  file: RunFile,
  wanted: { readonly fingerprint: string; readonly open: string },
): Reuse {
  const at = `step ${status.step} of ${status.totalSteps}`;
  if (file.fingerprint !== wanted.fingerprint) {
    if (isLive(status))
      throw taken(status, `a live run of another training (${status.state}, ${at})`, `const run = ${wanted.open}`);
    const hint = `name: "${nextName(status.name)}" (or look at the old one: ${wanted.open})`;
    throw taken(status, `a run of another training (${status.state}, ${at})`, hint);
  }
  const note = sameTrainingNote(status, wanted.open);
  if (note !== undefined) return { action: "return", note };
  if (status.checkpointStep === undefined) return { action: "try-again" };
  throw taken(
    status,
    `the same training, ${status.state} at ${at} with a checkpoint of step ${status.checkpointStep}`,
    `await resumeRun(${wanted.open})`,
  );
}
