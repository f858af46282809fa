import { announceBlocking } from "../cell/blocking.js";
import { createInterrupts } from "../cell/interrupts.js";
import { captureOwnSignals } from "../cell/own-signals.js";
import type { Publisher } from "../cell/publisher.js";
import type { Connection } from "../channels/connection.js";
import { createComms } from "../comms/comms.js";
import { flagIndex } from "../core/flags.js";
import { log } from "../core/log.js";
import type { NamedPipes, NativePipes } from "../core/native-pipes.js";
import { packagesForCells } from "../core/package-manifest.js";
import type { Evaluator } from "../evaluate/evaluator.js";
import { createHistoryStore, historyFolder } from "../history/history-store.js";
import { Session } from "../history/session.js";
import { exitKernel } from "../output/exit.js";
import { createOutput } from "../output/output.js";
import { createDispatcher } from "../requests/dispatch.js";
import { createAsker } from "../requests/input.js";
import type { LinkEvents, ThreadLink } from "../thread/thread-link.js";
import type { LoadEvaluator } from "./launch-evaluator.js";

export interface KernelOptions {
  readonly connection: Connection;
  /** Loads the evaluator; see `launchEvaluator`. */
  readonly loadEvaluator: LoadEvaluator;
  /** Where native code and child processes shall write; without it they write into the log of the notebook server. */
  readonly pipes?: NamedPipes;
}

export interface MainThreadOptions extends KernelOptions {
  readonly link: ThreadLink;
  /** Shared by the threads, see `flagIndex`. */
  readonly flags: Int32Array;
  readonly native: NativePipes;
}

/**
 * Puts the parts together that run where the cells run; what comes from the protocol thread goes to the events that are
 * returned.
 */
export function openMainThread(options: MainThreadOptions): LinkEvents {
  const { link, flags, connection } = options;
  announceBlocking(flags);
  captureOwnSignals();
  const folderOfHistory = historyFolder();
  const session = new Session(folderOfHistory === undefined ? undefined : createHistoryStore(folderOfHistory));
  let loaded: Evaluator | undefined;
  const interrupts = createInterrupts({ flags, evaluator: () => loaded, barrier: () => link.barrier() });
  const comms = createComms(link, (error) => output.showError("Uncaught error in a listener of a comm:", error));
  const asker = createAsker(link, () => output.flushStreams());
  const publisher = recordResults(link, session);
  const native = options.native;
  const output = createOutput({
    publisher,
    native,
    services: { comms: comms.api, input: asker.ask, prompt: asker.prompt },
  });
  output.install();
  const evaluator = options.loadEvaluator({
    workingDirectory: process.cwd(),
    packages: packagesForCells(),
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
    (error) => log(`the evaluator could not be loaded: ${error instanceof Error ? error.stack : error}`),
  );
  const services = { wire: link, evaluator, output, session, interrupts, comms, asker, connection };
  const dispatcher = createDispatcher(services);
  return {
    onRequest: (request) => dispatcher.dispatch(request),
    onInterrupt: () => interrupts.interrupt(),
    onSubshellDeleted: (id) => dispatcher.closeSubshell(id),
    onShutdown() {
      loaded?.close();
      void output.flush().finally(() => exitKernel(0));
    },
  };
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
