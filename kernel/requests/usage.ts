import type { ReplyContent, RequestOf } from "../channels/messages.js";
import type { ThreadServices } from "./thread-services.js";

/** Memory and processor of the kernel and its child processes, for resource monitors of front ends; answered while a cell blocks, too. */
export function usage(_: RequestOf<"usage_request">, { usage: measured }: ThreadServices): ReplyContent {
  return { status: "ok", ...measured() };
}
