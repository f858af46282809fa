import type { ReplyContent, RequestOf } from "../channels/messages.js";
import type { Services } from "./services.js";

/** Cells cannot open comms yet, so there are never any. */
export function commInfo(_: RequestOf<"comm_info_request">): ReplyContent {
  return { status: "ok", comms: {} };
}

/** No target is known here; the protocol wants the comm to be closed at once then. */
export function commOpen(request: RequestOf<"comm_open">, { wire }: Services): undefined {
  wire.publish({
    type: "comm_close",
    parent: request.header,
    content: { comm_id: request.content.commId, data: {} },
  });
  return undefined;
}

/** About a comm that is not open: nothing to do. */
export function ignoreComm(_: RequestOf<"comm_msg"> | RequestOf<"comm_close">): undefined {
  return undefined;
}
