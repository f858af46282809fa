import type { ReplyContent, RequestOf } from "../channels/messages.js";
import type { ThreadServices } from "./thread-services.js";

/** One request of the Debug Adapter Protocol; answered also, and above all, while a cell stands at a breakpoint. */
export function debug(
  { content }: RequestOf<"debug_request">,
  { debugSession }: ThreadServices,
): Promise<ReplyContent> {
  return debugSession.answer(content);
}
