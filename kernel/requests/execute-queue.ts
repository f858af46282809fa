import { errorReply, type ReplyContent, type RequestOf } from "../channels/messages.js";
import { log } from "../core/log.js";
import { execute } from "./execute.js";
import type { Services } from "./services.js";

type ExecuteRequest = RequestOf<"execute_request">;

/** Cells run one after the other, in the order in which they arrived. */
export interface ExecuteQueue {
  add(request: ExecuteRequest): void;
  /** Lets no cell run any more that waits; each is answered with `aborted`. */
  close(): void;
}

export function createExecuteQueue(services: Services): ExecuteQueue {
  const { wire } = services;
  let waiting: ExecuteRequest[] = [];
  let isRunning = false;

  const runOne = async (request: ExecuteRequest): Promise<void> => {
    wire.status("busy", request);
    const content = await execute(request, services).catch(unexpected);
    const { silent, stopOnError } = request.content;
    const skipped = content.status === "error" && stopOnError && !silent ? await takeWaiting() : [];
    wire.reply(request, content);
    wire.status("idle", request);
    for (const later of skipped) skip(later);
  };

  /**
   * Those that were sent before the client could know of the error: also what the protocol thread has but we have not.
   */
  const takeWaiting = async (): Promise<ExecuteRequest[]> => {
    await wire.barrier();
    const taken = waiting;
    waiting = [];
    return taken;
  };

  const skip = (request: ExecuteRequest): void => {
    wire.status("busy", request);
    // Without a count, as ipykernel: JupyterLab would label a cell that never ran with it.
    wire.reply(request, { status: "aborted" });
    wire.status("idle", request);
  };

  const runAll = async (): Promise<void> => {
    isRunning = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runOne(next);
    isRunning = false;
  };

  return {
    add(request) {
      waiting.push(request);
      if (!isRunning) void runAll();
    },
    close() {
      for (const request of waiting) skip(request);
      waiting = [];
    },
  };
}

function unexpected(error: unknown): ReplyContent {
  log(`execute_request: ${error instanceof Error ? error.stack : error}`);
  return errorReply("KernelError", String(error));
}
