import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LabError } from "../../core/error.js";
import { type Holder, takeHold } from "../../core/liveness/holder.js";
import { formatDuration } from "../../core/units.js";
import { openLine } from "../record/name.js";

/** Milliseconds between two signs of life of a process that launches. */
const every = 5000;
/** A process on another machine that is silent for this many milliseconds no longer launches anything. */
const takeOverAfter = 60_000;

/** Run folders that this process is launching. */
const busy = new Set<string>();

function locked(folder: string, name: string, holder?: Holder): LabError {
  const place = holder && !holder.isHere ? ` on ${holder.host}` : "";
  const silence = holder && !holder.isHere ? `, last sign of life ${formatDuration(holder.silentFor)} ago` : "";
  const who = holder ? `process ${holder.pid}${place}` : "this process";
  return new LabError("RUN_NAME_TAKEN", `run ${name}: ${who} is launching it${silence}`, {
    hint: `const run = ${openLine(folder)}`,
    details: { name, folder, pid: holder?.pid ?? process.pid, ...(holder && { host: holder.host }) },
  });
}

/**
 * Runs `work` while no other process launches this run. Removes the lock of a process that has ended, and of one on
 * another machine that has been silent for a minute. Throws RUN_NAME_TAKEN with the process and its host while
 * another one holds the lock.
 */
export async function withLaunchLock<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  const lock = join(folder, "control", "launch.lock");
  if (busy.has(folder)) throw locked(folder, name);
  busy.add(folder);
  try {
    await mkdir(dirname(lock), { recursive: true });
    const taken = await takeHold(lock, { every, takeOverAfter });
    if ("holder" in taken) throw locked(folder, name, taken.holder);
    try {
      return await work();
    } finally {
      if (await taken.hold.isKept()) await rm(lock, { force: true });
      await taken.hold.end();
    }
  } finally {
    busy.delete(folder);
  }
}
