import type { DebugRequest, ReplyContent } from "../channels/messages.js";
import { reasonOf } from "../core/error.js";
import { commands, type DebugState } from "./commands.js";
import { Debugger } from "./debugger.js";
import type { Body } from "./protocol.js";

/**
 * The kernel's side of a front end's debugger: a request of the Debug Adapter Protocol in, its response out, one after
 * the other.
 */
export interface DebugSession {
  answer(request: DebugRequest): Promise<ReplyContent>;
  /** Resumes a cell that is stopped at a breakpoint, so that an interrupt can end it. */
  release(): void;
  /** The main thread has compiled a cell under this name and waits with running it. */
  cellBegins(name: string): Promise<void>;
}

/** `publish` sends an event of the Debug Adapter Protocol; for `onSwitch` see `Debugger`. */
export function createDebugSession(publish: (event: Body) => void, onSwitch: (isOn: boolean) => void): DebugSession {
  let seq = 0;
  const next = (): number => {
    seq += 1;
    return seq;
  };
  const announce = (event: string, body: Body = {}): void => publish({ type: "event", seq: next(), event, body });
  const state: DebugState = { debugger: new Debugger(announce, onSwitch), sources: new Map() };
  let last: Promise<unknown> = Promise.resolve();

  const respond = async (request: DebugRequest): Promise<ReplyContent> => {
    const { command } = request;
    const response = { type: "response", request_seq: request.seq, command };
    try {
      if (!Object.hasOwn(commands, command)) throw new Error(`the debugger does not know the request ${command}`);
      const body = await commands[command]?.(request, state);
      if (command === "attach" || command === "launch") announce("initialized");
      return { status: "ok", ...response, seq: next(), success: true, body };
    } catch (error) {
      return { status: "ok", ...response, seq: next(), success: false, message: reasonOf(error), body: {} };
    }
  };

  return {
    answer(request) {
      const answered = last.then(() => respond(request));
      last = answered;
      return answered;
    },
    cellBegins: (name) => state.debugger.cellBegins(name),
    release: () => void state.debugger.resume(),
  };
}
