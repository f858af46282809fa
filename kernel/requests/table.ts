import type { ReplyContent, Request, RequestOf } from "../channels/messages.js";
import { commClose, commInfo, commMessage, commOpen } from "./comms.js";
import { complete } from "./complete.js";
import { connect } from "./connect.js";
import { history } from "./history.js";
import { inputReply } from "./input-reply.js";
import { inspect } from "./inspect.js";
import { isComplete } from "./is-complete.js";
import type { Services } from "./services.js";
import type { ThreadType } from "./thread-table.js";
import { unservable } from "./unservable.js";

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
  history_request: history,
  comm_info_request: commInfo,
  comm_open: commOpen,
  comm_msg: commMessage,
  comm_close: commClose,
  connect_request: connect,
  input_reply: inputReply,
  unknown: unservable,
  malformed: unservable,
};
