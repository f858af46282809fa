import type { ReplyContent, RequestOf } from "../channels/messages.js";
import type { ThreadServices } from "./thread-services.js";

/** The reply says that the interrupt was passed on; the cell's own reply says what it led to. */
export function interrupt(_: RequestOf<"interrupt_request">, services: ThreadServices): ReplyContent {
  services.interrupt();
  return { status: "ok" };
}
