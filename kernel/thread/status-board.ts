import type { MessageHeader } from "../cell/publisher.js";
import { announce, type Outgoing } from "../channels/messages.js";

/** Sends busy and idle around each request. */
export interface StatusBoard {
  starting(): void;
  busy(parent: MessageHeader): void;
  idle(parent: MessageHeader): void;
  /** True for a cell between its busy and its idle. */
  isRunning(parent: MessageHeader): boolean;
}

/**
 * Requests are also served while a cell runs, and their idle must not let clients believe that the cell is over (a
 * server that stops idle kernels would stop this one): after it, the busy of a cell that runs is sent once more.
 */
export function createStatusBoard(send: (message: Outgoing) => void): StatusBoard {
  const running = new Map<string, MessageHeader>();
  const say = (state: string, parent?: MessageHeader) =>
    send(announce("status", { parent, content: { execution_state: state } }));

  return {
    starting: () => say("starting"),
    busy(parent) {
      if (parent.msg_type === "execute_request") running.set(parent.msg_id, parent);
      say("busy", parent);
    },
    idle(parent) {
      say("idle", parent);
      running.delete(parent.msg_id);
      const [oldest] = running.values();
      if (oldest !== undefined) say("busy", oldest);
    },
    isRunning: (parent) => running.has(parent.msg_id),
  };
}
