import { parentPort, workerData } from "node:worker_threads";
import { openSockets } from "../channels/sockets.js";
import { KernelError, reasonOf } from "../core/error.js";
import { flagIndex } from "../core/flags.js";
import { logTo } from "../core/log.js";
import { MessageRouter } from "./router.js";
import type { FromThread, ThreadData, ToThread } from "./thread-messages.js";

// What the protocol thread runs.
if (parentPort) void run(workerData as ThreadData, parentPort);

async function run(data: ThreadData, port: NonNullable<typeof parentPort>): Promise<void> {
  const post = (message: FromThread) => port.postMessage(message);
  try {
    if (data.native !== undefined) logTo(data.native.original[1]);
    const thread = new MessageRouter({ data, sockets: await openSockets(data.connection), post, port });
    port.on("message", (messages: readonly ToThread[]) => {
      for (const message of messages) thread.accept(message);
    });
    await thread.start();
    post({ kind: "bound" });
  } catch (error) {
    Atomics.store(new Int32Array(data.flags), flagIndex.closed, 1);
    post({ kind: "failed", ...troubleOf(error) });
  }
}

function troubleOf(error: unknown): { readonly message: string; readonly hint: string } {
  if (error instanceof KernelError) return { message: error.message, hint: error.hint };
  const hint = reasonOf(error) === "EMFILE" ? "allow more open files: ulimit -n 1024" : "npx mindformers-lab doctor";
  return { message: `the kernel's sockets could not be opened: ${reasonOf(error)}`, hint };
}
