import type { ReplyContent, RequestOf } from "../channels/messages.js";
import { toCodeUnits } from "../evaluate/positions.js";
import type { Services } from "./services.js";

export async function inspect(request: RequestOf<"inspect_request">, services: Services): Promise<ReplyContent> {
  const { code, cursor, detail } = request.content;
  const evaluator = await services.evaluator;
  const found = await evaluator.inspect(code, toCodeUnits(code, cursor), detail);
  const data = found === undefined ? {} : { "text/plain": found.text, "text/markdown": found.markdown };
  return { status: "ok", found: found !== undefined, data, metadata: {} };
}
