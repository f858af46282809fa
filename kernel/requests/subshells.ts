import { errorReply, type ReplyContent, type RequestOf } from "../channels/messages.js";
import type { ThreadServices } from "./thread-services.js";

/** Subshells (JEP 91): each has its own queue of cells; they share the thread and take turns where a cell awaits. */
export function createSubshell(_: RequestOf<"create_subshell_request">, { subshells }: ThreadServices): ReplyContent {
  return { status: "ok", subshell_id: subshells.create() };
}

export function deleteSubshell(
  { content }: RequestOf<"delete_subshell_request">,
  { subshells }: ThreadServices,
): ReplyContent {
  if (subshells.delete(content.subshellId)) return { status: "ok" };
  return errorReply("UnknownSubshell", `there is no subshell ${JSON.stringify(content.subshellId.slice(0, 100))}`);
}

export function listSubshells(_: RequestOf<"list_subshell_request">, { subshells }: ThreadServices): ReplyContent {
  return { status: "ok", subshell_id: subshells.list() };
}
