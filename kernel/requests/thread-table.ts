import type { ReplyContent, Request, RequestOf } from "../channels/messages.js";
import { interrupt } from "./interrupt.js";
import { kernelInfoReply } from "./kernel-info.js";
import { shutdown } from "./shutdown.js";
import { createSubshell, deleteSubshell, listSubshells } from "./subshells.js";
import type { ThreadServices } from "./thread-services.js";
import { usage } from "./usage.js";

export type ThreadType =
  | "kernel_info_request"
  | "interrupt_request"
  | "shutdown_request"
  | "usage_request"
  | `${"create" | "delete" | "list"}_subshell_request`;

type ThreadHandler<T extends ThreadType> = (request: RequestOf<T>, services: ThreadServices) => ReplyContent;

/** Answered on the protocol thread, whatever the main thread is doing and on whichever channel they come. */
const threadHandlers: { readonly [T in ThreadType]: ThreadHandler<T> } = {
  kernel_info_request: kernelInfoReply,
  interrupt_request: interrupt,
  shutdown_request: shutdown,
  usage_request: usage,
  create_subshell_request: createSubshell,
  delete_subshell_request: deleteSubshell,
  list_subshell_request: listSubshells,
};

export function isThreadRequest(request: Request): request is RequestOf<ThreadType> {
  return Object.hasOwn(threadHandlers, request.type);
}

export function answerOnThread(request: RequestOf<ThreadType>, services: ThreadServices): ReplyContent {
  // The compiler does not see that the handler and the request are of the same type.
  return (threadHandlers[request.type] as ThreadHandler<ThreadType>)(request as RequestOf<ThreadType>, services);
}
