import type { ReplyContent, RequestOf } from "../channels/messages.js";
import type { Services } from "./services.js";

export function history(request: RequestOf<"history_request">, { session }: Services): ReplyContent {
  return { status: "ok", history: session.history(request.content) };
}
