import type { ReplyContent, RequestOf } from "../channels/messages.js";
import type { CommMessage } from "../comms/comms.js";
import type { Services } from "./services.js";

/** The open comms, or those of one target. */
export function commInfo({ content }: RequestOf<"comm_info_request">, { comms }: Services): ReplyContent {
  const open = comms.list().filter(({ targetName }) => (content.targetName ?? targetName) === targetName);
  return {
    status: "ok",
    comms: Object.fromEntries(open.map(({ id, targetName }) => [id, { target_name: targetName }])),
  };
}

/** A comm to a target that nobody has registered is closed at once, as the protocol wants it. */
export function commOpen(request: RequestOf<"comm_open">, { comms, wire }: Services): undefined {
  const { commId, targetName } = request.content;
  if (comms.accept(commId, targetName, toMessage(request))) return;
  wire.publish({ type: "comm_close", parent: request.header, content: { comm_id: commId, data: {} } });
}

export function commMessage(request: RequestOf<"comm_msg">, { comms }: Services): undefined {
  comms.receive(request.content.commId, toMessage(request));
}

export function commClose(request: RequestOf<"comm_close">, { comms }: Services): undefined {
  comms.closed(request.content.commId, toMessage(request));
}

function toMessage(request: RequestOf<"comm_open" | "comm_msg" | "comm_close">): CommMessage {
  const { content, metadata, buffers, header, identities } = request;
  return { data: content.data, metadata, buffers, from: { header, identities } };
}
