import type { Publisher } from "../cell/publisher.js";
import type { Envelope, Outgoing, ReplyContent } from "./messages.js";

/** The main thread's end of the wire. What is sent through it leaves in the order of the calls. */
export interface Wire extends Publisher {
  reply(request: Envelope, content: ReplyContent): void;
  status(state: "busy" | "idle", request: Envelope): void;
  /** Sends a message that is no answer. */
  send(message: Outgoing): void;
  /**
   * Resolves when every request (and interrupt) that had arrived before the call has been handed to `onRequest`
   * (`onInterrupt`).
   */
  barrier(): Promise<void>;
}
