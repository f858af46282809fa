import { getHeapStatistics } from "node:v8";
import { announceBlocking } from "./blocking.js";
import { reportFatalErrors } from "./channels/fatal-report.js";
import { parseParentPid } from "./channels/parent-watch.js";
import { startProtocolThread, type ThreadLink } from "./channels/thread-link.js";
import { flagBytes, flagIndex } from "./channels/thread-messages.js";
import { createComms } from "./comms/comms.js";
import type { Connection } from "./connection.js";
import type { Evaluator, EvaluatorOptions } from "./evaluate/evaluator.js";
import { historyFolder } from "./history/history-folder.js";
import { createHistoryStore } from "./history/history-store.js";
import { createAsker } from "./input.js";
import { createInterrupts } from "./interrupts.js";
import { kernelInfo } from "./kernel-info.js";
import { log } from "./log.js";
import { createOutput } from "./output/output.js";
import type { Publisher } from "./output/publisher.js";
import { packageManifest } from "./package-manifest.js";
import { createDispatcher } from "./requests/dispatch.js";
import { Session } from "./session.js";

export interface KernelOptions {
  readonly connection: Connection;
  /** Loads the language engine; see `launchEngine`. */
  readonly loadEvaluator: (options: EvaluatorOptions) => Promise<Evaluator>;
}

/** Starts the kernel; resolves when its sockets listen. The engine loads meanwhile, and cells that come earlier wait for it. */
export async function startKernel({ connection, loadEvaluator }: KernelOptions): Promise<void> {
  const { folder, version } = packageManifest();
  const flags = new Int32Array(new SharedArrayBuffer(flagBytes));
  announceBlocking(flags);
  reportFatalErrors();
  const folderOfHistory = historyFolder();
  const session = new Session(folderOfHistory === undefined ? undefined : createHistoryStore(folderOfHistory));
  let loaded: Evaluator | undefined;
  const interrupts = createInterrupts({ flags, evaluator: () => loaded, barrier: () => link.barrier() });
  // Before the thread exists, as it may send SIGINT, which ends a process that does not listen for it.
  process.on("SIGINT", () => interrupts.interrupt());
  const stop = () => {
    loaded?.close();
    void output.flush().finally(() => process.exit(0));
  };
  const link = startProtocolThread(
    {
      connection,
      kernelInfo: kernelInfo(version),
      flags: flags.buffer as SharedArrayBuffer,
      heapLimit: getHeapStatistics().heap_size_limit,
      parentPid: parseParentPid(process.env.JPY_PARENT_PID),
    },
    {
      onRequest: (request) => dispatcher.dispatch(request),
      onInterrupt: () => interrupts.interrupt(),
      onSubshellDeleted: (id) => dispatcher.closeSubshell(id),
      onShutdown: stop,
      onDeath,
    },
  );
  process.on("SIGTERM", stop);
  process.on("exit", () => link.closeNow());
  const comms = createComms(link, (error) => output.showError("Uncaught error in a listener of a comm:", error));
  const asker = createAsker(link, () => output.flushStreams());
  const publisher = recordResults(link, session);
  const output = createOutput({ publisher, services: { comms: comms.api, input: asker.ask, prompt: asker.prompt } });
  output.install();
  const evaluator = loadEvaluator({
    workingDirectory: process.cwd(),
    packages: [folder],
    interruptFlag: flags.subarray(flagIndex.interrupt, flagIndex.interrupt + 1),
    debugging: {
      isOn: () => flags[flagIndex.debugging] === 1,
      cellBegins: (name) => link.cellBegins(name),
    },
  });
  evaluator.then(
    (ready) => {
      loaded = ready;
    },
    (error) => log(`the language engine could not be loaded: ${error instanceof Error ? error.stack : error}`),
  );
  const services = { wire: link, evaluator, output, session, interrupts, comms, asker, connection };
  const dispatcher = createDispatcher(services);
  await link.bound;
}

/** The session's history keeps the text of each result. */
function recordResults(link: ThreadLink, session: Session): Publisher {
  return {
    publish(message) {
      link.publish(message);
      if (message.type !== "execute_result" || message.parent === undefined) return;
      const { data } = message.content as { data?: Record<string, unknown> };
      const text = data?.["text/plain"];
      if (typeof text === "string") session.storeOutput(message.parent.msg_id, text);
    },
  };
}

function onDeath(error: Error): void {
  log(`the protocol thread failed: ${error.stack}`);
  process.exit(1);
}
