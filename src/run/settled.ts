import { otherHolder } from "../core/liveness/holder.js";
import { isRunning } from "../core/liveness/process-identity.js";
import type { RunReader } from "./read/run-reader.js";
import { runPaths } from "./record/layout.js";
import { readLease } from "./record/lease.js";
import { supervisorsOf } from "./supervise/start/start-supervisor.js";

/** Supervisor and standby end within a second; whoever waits for a run is not kept longer by one that is stuck. */
const patienceMs = 10_000;
const lookMs = 50;

/** True while a process of this machine may still write into the folder of a run that has ended. */
async function isWritten({ folder, original }: RunReader): Promise<boolean> {
  if (original !== undefined) return false;
  const paths = runPaths(folder);
  const lease = (await readLease(paths.lease))?.lease;
  if (lease && lease.holder.pid !== process.pid && isRunning(lease.holder)) return true;
  if ((await otherHolder(paths.standby))?.isHere === true) return true;
  // A standby that is only starting holds no lock yet.
  return (await supervisorsOf(folder)).some(({ pid }) => pid !== process.pid);
}

/**
 * Resolves when the supervisor of a run that has ended and its standby have written their last byte and are gone.
 * The folder can then be copied or removed.
 */
export async function waitUntilSettled(reader: RunReader): Promise<void> {
  const { clock } = reader;
  const end = clock.elapsed() + patienceMs;
  while (clock.elapsed() < end && (await isWritten(reader))) await clock.wait(lookMs);
}
