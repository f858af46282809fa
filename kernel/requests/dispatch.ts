import { errorReply, type Request } from "../channels/messages.js";
import { createExecuteQueue } from "./execute-queue.js";
import type { Services } from "./services.js";
import { type Handler, handlers, type MainType } from "./table.js";

/** Returns the function that takes every request that reaches the main thread: busy, handler, reply, idle. */
export function createDispatcher(services: Services): (request: Request) => void {
  const queue = createExecuteQueue(services);
  return (request) => {
    if (request.type === "execute_request") queue.add(request);
    else void serve(request, services);
  };
}

async function serve(request: Request, services: Services): Promise<void> {
  const handler = handlers[request.type as MainType] as Handler<Request["type"]>;
  services.wire.status("busy", request);
  try {
    const content = await handler(request, services);
    if (content !== undefined) services.wire.reply(request, content);
  } catch (error) {
    // For example: the engine could not be loaded, or it stumbled over the code.
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (request.header.msg_type.endsWith("_request")) services.wire.reply(request, errorReply(name, message));
  } finally {
    services.wire.status("idle", request);
  }
}
