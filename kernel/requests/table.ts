import { errorReply, type ReplyContent, type Request, type RequestOf } from "../channels/messages.js";
import { createSparseLog } from "../core/log.js";
import { commClose, commInfo, commMessage, commOpen } from "./comms.js";
import { complete, inspect, isComplete } from "./language.js";
import type { Services } from "./services.js";
import type { ThreadType } from "./thread-table.js";

/** Served on the main thread at once, also while a cell awaits; execute_request has a queue of its own. */
export type MainType = Exclude<Request["type"], "execute_request" | ThreadType>;

type Answer = ReplyContent | undefined;

/** A request's handler: no reply if it returns undefined. */
export type Handler<T extends Request["type"]> = (
  request: RequestOf<T>,
  services: Services,
) => Answer | Promise<Answer>;

export const handlers: { readonly [T in MainType]: Handler<T> } = {
  complete_request: complete,
  inspect_request: inspect,
  is_complete_request: isComplete,
  history_request: ({ content }, { session }) => ({ status: "ok", history: session.history(content) }),
  comm_info_request: commInfo,
  comm_open: commOpen,
  comm_msg: commMessage,
  comm_close: commClose,
  connect_request: connect,
  input_reply: (reply, { asker }) => void asker.answer(reply),
  unknown: unservable,
  malformed: unservable,
};

/** Deprecated in the protocol, but still part of it. */
function connect(_: RequestOf<"connect_request">, { connection }: Services): ReplyContent {
  const ports = Object.entries(connection.ports).map(([name, port]) => [`${name}_port`, port]);
  return { status: "ok", ...Object.fromEntries(ports) };
}

const log = createSparseLog();

/** A client that sent a request waits for a reply: it gets an error. Other messages of unknown type are only logged. */
function unservable(request: RequestOf<"unknown"> | RequestOf<"malformed">): ReplyContent | undefined {
  const type = request.header.msg_type;
  const reason = request.type === "malformed" ? request.reason : `this kernel does not know messages of type ${type}`;
  log(`${request.channel}: ${reason}`);
  if (!type.endsWith("_request")) return undefined;
  return errorReply(request.type === "malformed" ? "MalformedRequest" : "UnknownRequest", reason);
}
