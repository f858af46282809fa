import { hostname, userInfo } from "node:os";
import { setFlagsFromString } from "node:v8";
import { systemClock } from "../../core/clock.js";
import { MachineError } from "../../core/error.js";
import { isRunning } from "../../core/liveness/process-identity.js";
import { sendSignal } from "../../core/process.js";
import { RecordCopy } from "../attach/record-files.js";
import { supervisorId, waitForTurn } from "../attach/turn.js";
import { hasRemoteFiles, openNodes, remoteNodes } from "../nodes/open/open-nodes.js";
import { copyText } from "../read/status.js";
import { originalOf } from "../record/copied-folder.js";
import { runPaths } from "../record/layout.js";
import { Lease, LeaseWatch, leaseMs } from "../record/lease.js";
import { type RunFile, readRunFile } from "../record/run-file.js";
import { healing } from "./healing.js";
import { playBack } from "./play-back.js";
import { withOtherPort } from "./start/other-port.js";
import { Place } from "./start/place.js";
import { keepStandby, standBy } from "./start/standby.js";
import { readStopRequest, writeStopRequest } from "./stop-request.js";
import { Supervisor, type SupervisorOptions } from "./supervisor.js";

/**
 * A supervisor works for milliseconds a second: to compile its code early costs more than it saves. What works for
 * long without a pause, such as the reading of a million steps, is compiled all the same.
 */
function compileLate(): void {
  for (const flag of ["--no-sparkplug", "--interrupt-budget=1500000"]) setFlagsFromString(flag);
}

/** A setting of the tests, in milliseconds. */
function setting(name: string, otherwise: number): number {
  return Number(process.env[`MF_LAB_${name}_MS`] ?? otherwise);
}

/**
 * The lease, when it is this process's turn: at once if nobody has it, or after its holder died. Undefined if the run
 * has ended, or if another process stands by already.
 */
async function leaseOf(place: Place): Promise<Lease | undefined> {
  const folder = () => runPaths(place.at).lease;
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
 * What this process supervises with, when it is its turn. Nodes with storage of their own may obey a supervisor of
 * another machine, whose record this process copies meanwhile.
 */
async function turnOf(
  place: Place,
  lease: Lease,
  file: RunFile,
): Promise<Pick<SupervisorOptions, "lease" | "nodes" | "copy"> | undefined> {
  const folder = () => place.folder;
  if (!hasRemoteFiles(file)) return { lease, nodes: openNodes };
  const me = supervisorId();
  const taken = await waitForTurn({
    ...{ folder, lease, file },
    origin: `${userInfo().username}@${hostname()}`,
    leaseMs: setting("LEASE", leaseMs),
    isGone: async () => (await place.look()) === "gone",
    onBeat: () => keepStandby(place),
    stopRequested: async () => (await readStopRequest(place.folder)) !== undefined,
  });
  const [first] = remoteNodes(file, me);
  if (!taken || !first) return undefined;
  const nodes: SupervisorOptions["nodes"] = (now, at) => openNodes(now, at, me);
  return { lease: taken, nodes, copy: new RecordCopy(first, me, folder) };
}

/**
 * Program that launchRun starts in a session of its own: `node supervise.js <absolute run folder>`. It outlives
 * whoever started it.
 */
async function main(folder: string): Promise<void> {
  const place = Place.open(folder);
  process.on("SIGHUP", () => undefined);
  const found = await readRunFile(place.folder).catch(() => undefined);
  const original = found && originalOf(found, place.folder);
  if (original !== undefined) return console.log(copyText(original));
  const lease = await leaseOf(place);
  if (!lease) return;
  const file = await readRunFile(place.folder);
  if (!file) {
    throw new MachineError("RUN_MISSING", `run folder ${folder}: expected a run.json, found none`, {
      hint: "listRuns()",
    });
  }
  if (file.playback) return console.log(await playBack(place, lease, file));
  compileLate();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      const request = { requestedAt: Date.now(), graceful: true, timeoutMs: 30_000 };
      writeStopRequest(place.folder, request).catch((error) => console.error("stop:", error));
    });
  }
  const turn = await turnOf(place, lease, file);
  if (!turn) return;
  const now = (await readRunFile(place.folder)) ?? file;
  const heal = await healing(place, now);
  const supervisor = new Supervisor({
    ...{ place, file: now, ...turn },
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
