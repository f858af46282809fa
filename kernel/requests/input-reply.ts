import type { RequestOf } from "../channels/messages.js";
import type { Services } from "./services.js";

export function inputReply(reply: RequestOf<"input_reply">, { asker }: Services): undefined {
  asker.answer(reply);
}
