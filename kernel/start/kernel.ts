import { constants } from "node:os";
import { getHeapStatistics } from "node:v8";
import { flagBytes, flagIndex } from "../core/flags.js";
import { foreignListeners, keepListening } from "../core/kept-listeners.js";
import { log, logTo } from "../core/log.js";
import { takeDescriptors } from "../core/native-pipes.js";
import { packageManifest } from "../core/package-manifest.js";
import { kernelInfo } from "../requests/kernel-info.js";
import { reportFatalErrors } from "../thread/fatal-report.js";
import { parseParentPid } from "../thread/parent-watch.js";
import { startProtocolThread } from "../thread/thread-link.js";
import type { KernelOptions } from "./main-thread.js";

/**
 * Starts the kernel; resolves when its sockets listen. The evaluator loads meanwhile, and cells that come earlier wait
 * for it. The protocol thread starts before this thread loads what it needs itself: both take their time, and there are
 * two processors at least.
 */
export async function startKernel({ connection, loadEvaluator, pipes }: KernelOptions): Promise<void> {
  const { version } = packageManifest();
  const flags = new Int32Array(new SharedArrayBuffer(flagBytes));
  reportFatalErrors();
  let interrupt = (): void => {};
  let shutdown = (): void => process.exit(0);
  // Before the thread exists, as it may send SIGINT, which ends a process that does not listen for it; and clients may
  // send SIGTERM as soon as it listens.
  keepListening("SIGINT", () => {
    // A signal that no interrupt request caused belongs to the user's listeners, if there are any.
    const isRequested = Atomics.load(flags, flagIndex.interrupt) !== 0;
    if (isRequested || foreignListeners("SIGINT").length === 0) interrupt();
  });
  // Node passes the signal's number. Programs under test call `process.emit("SIGTERM")`, which is no signal.
  keepListening("SIGTERM", (_: unknown, signal?: unknown) => {
    if (signal === constants.signals.SIGTERM) shutdown();
  });
  // Before there are other threads, which may open files.
  const native = takeDescriptors(pipes);
  logTo(native.original[1]);
  const link = startProtocolThread(
    {
      connection,
      kernelInfo: kernelInfo(version),
      flags: flags.buffer as SharedArrayBuffer,
      heapLimit: getHeapStatistics().heap_size_limit,
      native,
      parentPid: parseParentPid(process.env.JPY_PARENT_PID),
    },
    onDeath,
  );
  keepListening("exit", () => link.closeNow());
  const { openMainThread } = await import("./main-thread.js");
  const events = openMainThread({ link, flags, connection, loadEvaluator, native });
  interrupt = events.onInterrupt;
  shutdown = events.onShutdown;
  link.listen(events);
  await link.bound;
}

function onDeath(error: Error): void {
  log(`the protocol thread failed: ${error.stack}`);
  process.exit(1);
}
