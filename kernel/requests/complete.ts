import type { ReplyContent, RequestOf } from "../channels/messages.js";
import { toCodePoints, toCodeUnits } from "../evaluate/positions.js";
import type { Services } from "./services.js";

/** Besides the plain matches: kind and type of each, under the metadata key that front ends read. */
export async function complete(request: RequestOf<"complete_request">, services: Services): Promise<ReplyContent> {
  const { code, cursor } = request.content;
  const evaluator = await services.evaluator;
  const { matches, start, end } = await evaluator.complete(code, toCodeUnits(code, cursor));
  const from = toCodePoints(code, start);
  const to = toCodePoints(code, end);
  const typed = matches.map(({ text, kind, type }) => ({
    start: from,
    end: to,
    text,
    type: kind,
    ...(type === undefined ? {} : { signature: type }),
  }));
  return {
    status: "ok",
    matches: matches.map(({ text }) => text),
    cursor_start: from,
    cursor_end: to,
    metadata: { _jupyter_types_experimental: typed },
  };
}
