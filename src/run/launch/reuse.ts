import { LabError } from "../../core/error.js";
import { isTerminal } from "../record/events.js";
import type { RunFile } from "../record/run-file.js";
import type { RunStatus } from "../status.js";

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

/**
 * Decides, without starting anything: a live run is never joined by a second training; the same training that ended
 * well (or was stopped) is returned; one that failed without a checkpoint may be tried again; everything else needs
 * another name. Pure.
 */
export function reuseOf(
  status: RunStatus,
  file: RunFile,
  wanted: { readonly fingerprint: string; readonly open: string },
): Reuse {
  const at = `step ${status.step} of ${status.totalSteps}`;
  const live = !isTerminal(status.state) && (status.state !== "lost" || status.processes > 0);
  if (live) throw taken(status, `a live run (${status.state}, ${at})`, `const run = ${wanted.open}`);
  if (file.fingerprint !== wanted.fingerprint) {
    const hint = `name: "${nextName(status.name)}" (or look at the old one: ${wanted.open})`;
    throw taken(status, `a run of another training (${status.state}, ${at})`, hint);
  }
  if (status.state === "finished" || status.state === "stopped") {
    const more = status.state === "stopped" ? `; to go on: await resumeRun(${wanted.open})` : "";
    return {
      action: "return",
      note: `the same training has ${status.state} already at ${at}; nothing was started${more}`,
    };
  }
  if (status.checkpointStep === undefined) return { action: "try-again" };
  throw taken(
    status,
    `the same training, ${status.state} at ${at} with a checkpoint of step ${status.checkpointStep}`,
    `await resumeRun(${wanted.open})`,
  );
}
