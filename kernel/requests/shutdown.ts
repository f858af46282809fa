import { announce, type ReplyContent, type RequestOf } from "../channels/messages.js";
import type { ThreadServices } from "./thread-services.js";

/** Replies, tells every client, and ends the kernel. Restarting is up to the client: it starts a new kernel. */
export function shutdown(request: RequestOf<"shutdown_request">, services: ThreadServices): ReplyContent {
  const content = { status: "ok", restart: request.content.restart };
  services.broadcast(announce("shutdown_reply", { parent: request.header, content }));
  void services.leave();
  return content;
}
