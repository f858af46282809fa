import type { ReplyContent, RequestOf } from "../channels/messages.js";
import type { ThreadServices } from "./thread-services.js";

export function kernelInfoReply(_: RequestOf<"kernel_info_request">, { kernelInfo }: ThreadServices): ReplyContent {
  return kernelInfo;
}
