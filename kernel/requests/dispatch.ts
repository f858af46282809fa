import { errorReply, type Request } from "../channels/messages.js";
import { createExecuteQueue, type ExecuteQueue } from "./execute-queue.js";
import type { Services } from "./services.js";
import { type Handler, handlers, type MainType } from "./table.js";

export interface Dispatcher {
  /** Takes every request that reaches the main thread: busy, handler, reply, idle. */
  dispatch(request: Request): void;
  /** The cells that wait in a subshell are not to run any more. */
  closeSubshell(id: string): void;
}

export function createDispatcher(services: Services): Dispatcher {
  /** By subshell; the main shell has no id. */
  const queues = new Map<string | undefined, ExecuteQueue>();
  const queueOf = (subshellId: string | undefined): ExecuteQueue => {
    const queue = queues.get(subshellId) ?? createExecuteQueue(services);
    queues.set(subshellId, queue);
    return queue;
  };
  return {
    dispatch(request) {
      if (request.type === "execute_request") queueOf(request.subshellId).add(request);
      else void serve(request, services);
    },
    closeSubshell(id) {
      queues.get(id)?.close();
      queues.delete(id);
    },
  };
}

async function serve(request: Request, services: Services): Promise<void> {
  const handler = handlers[request.type as MainType] as Handler<Request["type"]>;
  services.wire.status("busy", request);
  try {
    const content = await handler(request, services);
    if (content !== undefined) services.wire.reply(request, content);
  } catch (error) {
    // For example: the evaluator could not be loaded, or it stumbled over the code.
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (request.header.msg_type.endsWith("_request")) services.wire.reply(request, errorReply(name, message));
  } finally {
    services.wire.status("idle", request);
  }
}
