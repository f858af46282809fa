import {
  announce,
  errorReply,
  type Outgoing,
  type ReplyContent,
  type Request,
  type RequestOf,
} from "../channels/messages.js";
import type { Subshells } from "../channels/subshells.js";
import type { DebugSession } from "../debug/debug-session.js";
import type { Usage } from "./usage.js";

/** What requests need that are answered on the protocol thread. */
export interface ThreadServices {
  readonly kernelInfo: ReplyContent;
  readonly subshells: Subshells;
  usage(): Usage;
  readonly debugSession: DebugSession;
  /** Makes the running cell fail with KeyboardInterrupt; nothing happens if none runs. */
  interrupt(): void;
  /** Sends on iopub. */
  broadcast(message: Outgoing): void;
  /** Ends the kernel once everything sent so far has left. */
  leave(): void | Promise<void>;
}

export type ThreadType =
  | "kernel_info_request"
  | "interrupt_request"
  | "shutdown_request"
  | "usage_request"
  | "debug_request"
  | `${"create" | "delete" | "list"}_subshell_request`;

type Answer = ReplyContent | Promise<ReplyContent>;
type ThreadHandler<T extends ThreadType> = (request: RequestOf<T>, services: ThreadServices) => Answer;

/** Answered on the protocol thread, whatever the main thread is doing and on whichever channel they come. */
const threadHandlers: { readonly [T in ThreadType]: ThreadHandler<T> } = {
  kernel_info_request: (_, { kernelInfo }) => kernelInfo,
  /** The reply says that the interrupt was passed on; the cell's own reply says what it led to. */
  interrupt_request: (_, services) => {
    services.interrupt();
    return { status: "ok" };
  },
  shutdown_request: shutdown,
  usage_request: (_, { usage }) => ({ status: "ok", ...usage() }),
  /** Answered also, and above all, while a cell stands at a breakpoint. */
  debug_request: ({ content }, { debugSession }) => debugSession.answer(content),
  create_subshell_request: (_, { subshells }) => ({ status: "ok", subshell_id: subshells.create() }),
  delete_subshell_request: deleteSubshell,
  list_subshell_request: (_, { subshells }) => ({ status: "ok", subshell_id: subshells.list() }),
};

export function isThreadRequest(request: Request): request is RequestOf<ThreadType> {
  return Object.hasOwn(threadHandlers, request.type);
}

export function answerOnThread(request: RequestOf<ThreadType>, services: ThreadServices): Answer {
  // The compiler does not see that the handler and the request are of the same type.
  return (threadHandlers[request.type] as ThreadHandler<ThreadType>)(request as RequestOf<ThreadType>, services);
}

/** Replies, tells every client, and ends the kernel. Restarting is up to the client: it starts a new kernel. */
function shutdown(request: RequestOf<"shutdown_request">, services: ThreadServices): ReplyContent {
  const content = { status: "ok", restart: request.content.restart };
  services.broadcast(announce("shutdown_reply", { parent: request.header, content }));
  void services.leave();
  return content;
}

function deleteSubshell(
  { content }: RequestOf<"delete_subshell_request">,
  { subshells }: ThreadServices,
): ReplyContent {
  if (subshells.delete(content.subshellId)) return { status: "ok" };
  return errorReply("UnknownSubshell", `there is no subshell ${JSON.stringify(content.subshellId.slice(0, 100))}`);
}
