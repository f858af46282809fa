import { errorReply, type ReplyContent, type RequestOf } from "../channels/messages.js";
import { createSparseLog } from "../log.js";

const log = createSparseLog();

/** A client that sent a request waits for a reply: it gets an error. Other messages of unknown type are only logged. */
export function unservable(request: RequestOf<"unknown"> | RequestOf<"malformed">): ReplyContent | undefined {
  const type = request.header.msg_type;
  const reason = request.type === "malformed" ? request.reason : `this kernel does not know messages of type ${type}`;
  log(`${request.channel}: ${reason}`);
  if (!type.endsWith("_request")) return undefined;
  return errorReply(request.type === "malformed" ? "MalformedRequest" : "UnknownRequest", reason);
}
