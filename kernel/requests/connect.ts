import type { ReplyContent, RequestOf } from "../channels/messages.js";
import type { Services } from "./services.js";

/** Deprecated in the protocol, but still part of it. */
export function connect(_: RequestOf<"connect_request">, { connection }: Services): ReplyContent {
  const ports = Object.entries(connection.ports).map(([name, port]) => [`${name}_port`, port]);
  return { status: "ok", ...Object.fromEntries(ports) };
}
