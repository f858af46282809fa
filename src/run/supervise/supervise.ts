import { systemClock } from "../../core/clock.js";
import { MachineError } from "../../core/error.js";
import { sendSignal } from "../../core/process.js";
import { isRunning } from "../../core/process-identity.js";
import { openNodes } from "../nodes/open/open-nodes.js";
import { runPaths } from "../record/layout.js";
import { Lease, LeaseWatch, leaseMs } from "../record/lease.js";
import { readRunFile } from "../record/run-file.js";
import { healing } from "./healing.js";
import { withOtherPort } from "./other-port.js";
import { Place } from "./place.js";
import { keepStandby, standBy } from "./standby.js";
import { writeStopRequest } from "./stop-request.js";
import { Supervisor, type SupervisorOptions } from "./supervisor.js";

/** A setting of the tests, in milliseconds. */
function setting(name: string, otherwise: number): number {
  return Number(process.env[`MF_LAB_${name}_MS`] ?? otherwise);
}

/**
 * The lease, when it is this process's turn: at once if nobody has it, or after its holder died. Undefined if the run
 * has ended, or if another process stands by already.
 */
async function leaseOf(place: Place): Promise<Lease | undefined> {
  const folder = () => runPaths(place.folder).lease;
  const watch = new LeaseWatch(folder, systemClock, setting("LEASE", leaseMs));
  for (;;) {
    if ((await place.look()) === "gone") return undefined;
    const state = await watch.look();
    if (state === "held" && !(await standBy(place, watch))) return undefined;
    const now = state === "held" ? await watch.look() : state;
    if (now === "released" && !(await isNewAttempt(place, watch))) return undefined;
    if (now === "held") continue;
    const holder = watch.lease?.holder;
    const lease = await Lease.take(folder, watch.lease?.number);
    // A holder on this machine that froze could thaw between a look at its lease and what it does next.
    if (lease && now === "expired" && holder && isRunning(holder)) sendSignal(holder.pid, "SIGKILL");
    if (lease) return lease;
  }
}

/** True if run.json describes an attempt that nobody has supervised: a run that ended was launched again. */
async function isNewAttempt(place: Place, watch: LeaseWatch): Promise<boolean> {
  const file = await readRunFile(place.folder);
  return file !== undefined && file.lease === watch.lease?.number;
}

/** An attempt that failed because its port was taken is followed by one more, on another port. */
function otherPortOnce(next: SupervisorOptions["next"]): NonNullable<SupervisorOptions["next"]> {
  let tried = false;
  return async (end, file, recorder) => {
    const { logs, verdict } = end;
    const taken = verdict.state === "failed" && logs.portTaken !== undefined && logs.lastStep === 0;
    const other = taken && !tried ? await withOtherPort(file) : undefined;
    tried ||= taken;
    return other ?? next?.(end, file, recorder);
  };
}

/**
 * Program that launchRun starts in a session of its own: `node supervise.js <absolute run folder>`. It outlives
 * whoever started it.
 */
async function main(folder: string): Promise<void> {
  const place = await Place.open(folder);
  process.on("SIGHUP", () => undefined);
  const lease = await leaseOf(place);
  if (!lease) return;
  const file = await readRunFile(place.folder);
  if (!file) {
    throw new MachineError("RUN_MISSING", `run folder ${folder}: expected a run.json, found none`, {
      hint: "listRuns()",
    });
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      void writeStopRequest(place.folder, { requestedAt: Date.now(), graceful: true, timeoutMs: 30_000 });
    });
  }
  const heal = await healing(place, file);
  const supervisor = new Supervisor({
    ...{ place, file, lease, nodes: openNodes },
    paceMs: setting("POLL", 200),
    ...heal,
    ...(process.env.MF_LAB_HANG_MS !== undefined && { hangMs: setting("HANG", 0) }),
    onBeat: () => keepStandby(place),
    next: otherPortOnce(heal.next),
  });
  const verdict = await supervisor.run();
  console.log(verdict.message);
}

main(process.argv[2] ?? "").then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    // At once: a supervisor that has lost its lease does nothing more.
    process.exit(1);
  },
);
