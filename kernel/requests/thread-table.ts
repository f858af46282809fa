import type { ReplyContent, Request, RequestOf } from "../channels/messages.js";
import { interrupt } from "./interrupt.js";
import { kernelInfoReply } from "./kernel-info.js";
import { shutdown } from "./shutdown.js";
import type { ThreadServices } from "./thread-services.js";

export type ThreadType = "kernel_info_request" | "interrupt_request" | "shutdown_request";

type ThreadHandler<T extends ThreadType> = (request: RequestOf<T>, services: ThreadServices) => ReplyContent;

/** Answered on the protocol thread, whatever the main thread is doing and on whichever channel they come. */
const threadHandlers: { readonly [T in ThreadType]: ThreadHandler<T> } = {
  kernel_info_request: kernelInfoReply,
  interrupt_request: interrupt,
  shutdown_request: shutdown,
};

export function isThreadRequest(request: Request): request is RequestOf<ThreadType> {
  return Object.hasOwn(threadHandlers, request.type);
}

export function answerOnThread(request: RequestOf<ThreadType>, services: ThreadServices): ReplyContent {
  // The compiler does not see that the handler and the request are of the same type.
  return (threadHandlers[request.type] as ThreadHandler<ThreadType>)(request as RequestOf<ThreadType>, services);
}
