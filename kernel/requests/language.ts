import type { ReplyContent, RequestOf } from "../channels/messages.js";
import { toCodePoints, toCodeUnits } from "../report/positions.js";
import { guessCompleteness } from "./guess-completeness.js";
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

export async function inspect(request: RequestOf<"inspect_request">, services: Services): Promise<ReplyContent> {
  const { code, cursor, detail } = request.content;
  const evaluator = await services.evaluator;
  const found = await evaluator.inspect(code, toCodeUnits(code, cursor), detail);
  const data = found === undefined ? {} : { "text/plain": found.text, "text/markdown": found.markdown };
  return { status: "ok", found: found !== undefined, data, metadata: {} };
}

/** How long the evaluator may take, in ms; `jupyter console` gives up on a kernel for good after 1,000. */
const patience = 600;

export async function isComplete(request: RequestOf<"is_complete_request">, services: Services): Promise<ReplyContent> {
  const { code } = request.content;
  const known = services.evaluator.then((evaluator) => evaluator.isComplete(code));
  let timer: NodeJS.Timeout | undefined;
  const guessed = new Promise<ReturnType<typeof guessCompleteness>>((resolve) => {
    timer = setTimeout(() => resolve(guessCompleteness(code)), patience);
  });
  const answer = await Promise.race([known, guessed]).finally(() => clearTimeout(timer));
  return { ...answer };
}
