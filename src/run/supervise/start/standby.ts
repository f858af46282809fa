import { rm } from "node:fs/promises";
import { systemClock } from "../../../core/clock.js";
import { otherHolder, takeHold } from "../../../core/liveness/holder.js";
import { runPaths } from "../../record/layout.js";
import type { LeaseWatch } from "../../record/lease.js";
import type { Place } from "./place.js";
import { startSupervisor } from "./start-supervisor.js";

/** Milliseconds between two looks at the lease. */
const lookMs = 500;
/** Milliseconds between two looks whether somebody stands by. */
const keepMs = 10_000;

/** Waits until the lease is no longer held; false at once if another process waits already. */
export async function standBy(place: Place, watch: LeaseWatch): Promise<boolean> {
  const path = runPaths(place.folder).standby;
  const taken = await takeHold(path);
  if ("holder" in taken) return false;
  try {
    while ((await watch.look()) === "held") {
      await systemClock.wait(lookMs);
      if ((await place.look()) === "gone") return true;
    }
    return true;
  } finally {
    if (await taken.hold.isKept()) await rm(runPaths(place.folder).standby, { force: true });
    await taken.hold.end();
  }
}

/** The first standby comes some seconds after the engine, which needs the processor more. */
let lookedAt = systemClock.elapsed() - keepMs + 3000;

/** Starts a process that takes over when this one dies, unless there is one. */
export async function keepStandby(place: Place): Promise<void> {
  const now = systemClock.elapsed();
  if (now < lookedAt + keepMs) return;
  lookedAt = now;
  if (await otherHolder(runPaths(place.folder).standby)) return;
  await startSupervisor(place.folder);
}
