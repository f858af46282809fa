import type { ReplyContent, RequestOf } from "../channels/messages.js";
import type { Services } from "./services.js";

export async function isComplete(request: RequestOf<"is_complete_request">, services: Services): Promise<ReplyContent> {
  const evaluator = await services.evaluator;
  return { ...(await evaluator.isComplete(request.content.code)) };
}
