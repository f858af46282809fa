import type { ReplyContent, RequestOf } from "../channels/messages.js";
import { guessCompleteness } from "./guess-completeness.js";
import type { Services } from "./services.js";

/** How long the language engine may take, in ms; `jupyter console` gives up on a kernel for good after 1,000. */
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
