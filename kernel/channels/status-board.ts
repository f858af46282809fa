import type { MessageHeader } from "../output/publisher.js";
import { announce, type Outgoing } from "./messages.js";

/** Sends busy and idle around each request. */
export interface StatusBoard {
  starting(): void;
  busy(parent: MessageHeader): void;
  idle(parent: MessageHeader): void;
}

/**
 * Requests are also served while a cell runs, and their idle must not let clients believe that the cell is over (a server that
 * stops idle kernels would stop this one): after it, the busy of the running cell is sent once more.
 */
export function createStatusBoard(send: (message: Outgoing) => void): StatusBoard {
  let running: MessageHeader | undefined;
  const say = (state: string, parent?: MessageHeader) =>
    send(announce("status", { parent, content: { execution_state: state } }));

  return {
    starting: () => say("starting"),
    busy(parent) {
      if (parent.msg_type === "execute_request") running = parent;
      say("busy", parent);
    },
    idle(parent) {
      say("idle", parent);
      if (running?.msg_id === parent.msg_id) running = undefined;
      else if (running !== undefined) say("busy", running);
    },
  };
}
