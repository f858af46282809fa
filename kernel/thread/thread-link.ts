import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { IopubMessage } from "../cell/publisher.js";
import { broadcast, type Question, type Request, replyTo } from "../channels/messages.js";
import type { Wire } from "../channels/wire.js";
import { KernelError } from "../core/error.js";
import { flagIndex } from "../core/flags.js";
import { readStored, workerText } from "../program/stored-program.js";
import type { Answer, FromThread, ThreadData, ToThread } from "./thread-messages.js";

export interface ThreadLink extends Wire {
  /** Resolves when the breakpoints of a compiled cell are set; at once if no debugger is on. */
  cellBegins(name: string): Promise<void>;
  /** Sends a question and blocks this thread until it is answered; undefined after an interrupt. */
  askAndWait(question: Question): string | undefined;
  /** Resolves when the sockets listen; rejects with `KernelError` if they cannot. */
  readonly bound: Promise<void>;
  /** Says where requests and the like go; until then they wait. */
  listen(events: LinkEvents): void;
  /**
   * Sends the rest and closes the sockets, blocking this thread for at most half a second; for use when the process
   * exits.
   */
  closeNow(): void;
}

export interface LinkEvents {
  readonly onRequest: (request: Request) => void;
  readonly onInterrupt: () => void;
  readonly onSubshellDeleted: (id: string) => void;
  readonly onShutdown: () => void;
}

/** How often the main thread looks for an interrupt while it waits for an answer, in ms. */
const interruptCheck = 50;

/** What is handed on, other than answers to this thread's own questions. */
type ForMain = Extract<FromThread, { kind: "request" | "interrupt" | "subshellDeleted" | "shutdown" }>;

/**
 * Starts the protocol thread. `onDeath` is called should it die, which it never should; without it the kernel is of no
 * use.
 */
export function startProtocolThread(data: Omit<ThreadData, "answers">, onDeath: (error: Error) => void): ThreadLink {
  const { port1: answers, port2 } = new MessageChannel();
  const worker = startWorker({ ...data, answers: port2 });
  const { post, hold } = createPost((messages) => worker.postMessage(messages));
  const waiting = new Map<number | string, () => void>();
  const flags = new Int32Array(data.flags);
  let settle: { resolve(): void; reject(error: Error): void } = { resolve() {}, reject() {} };
  const bound = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever starts the thread may have something else to do before waiting for it.
  bound.catch(() => {});
  let barriers = 0;

  const early: ForMain[] = [];
  let hand = (message: ForMain): void => void early.push(message);
  worker.on("message", (message: FromThread) => {
    if (message.kind === "bound") settle.resolve();
    else if (message.kind === "failed") settle.reject(new KernelError(message.message, message.hint));
    else if (message.kind === "passed" || message.kind === "cellReady") {
      const key = message.kind === "passed" ? message.id : message.name;
      waiting.get(key)?.();
      waiting.delete(key);
    } else hand(message);
  });
  worker.on("error", onDeath);

  return {
    bound,
    publish: (message: IopubMessage) => post({ kind: "send", message: broadcast(message) }),
    reply: (request, content) => hold({ kind: "send", message: replyTo(request, content) }),
    send: (message) => post({ kind: "send", message }),
    status: (state, request) => (state === "busy" ? hold : post)({ kind: "status", state, parent: request.header }),
    barrier() {
      barriers += 1;
      const id = barriers;
      post({ kind: "barrier", id });
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    listen(events) {
      hand = (message) => {
        if (message.kind === "request") events.onRequest(message.request);
        else if (message.kind === "interrupt") events.onInterrupt();
        else if (message.kind === "subshellDeleted") events.onSubshellDeleted(message.id);
        else events.onShutdown();
      };
      for (const message of early.splice(0)) hand(message);
    },
    async cellBegins(name) {
      if (Atomics.load(flags, flagIndex.debugging) === 0) return;
      post({ kind: "cellBegins", name });
      await new Promise<void>((resolve) => waiting.set(name, resolve));
    },
    askAndWait(question) {
      Atomics.store(flags, flagIndex.answered, 0);
      post({ kind: "ask", question });
      while (Atomics.load(flags, flagIndex.interrupt) === 0) {
        const answer = receiveMessageOnPort(answers)?.message as Answer | undefined;
        if (answer?.id === question.id) return answer.value;
        if (answer === undefined) Atomics.wait(flags, flagIndex.answered, 0, interruptCheck);
      }
      return undefined;
    },
    closeNow() {
      post({ kind: "close" });
      Atomics.wait(flags, flagIndex.closed, 0, 500);
    },
  };
}

interface Post {
  post(message: ToThread): void;
  /** Lets a message wait for the next one, at most until the current task has run. */
  hold(message: ToThread): void;
}

/** Each turn to the thread wakes it, so a busy goes with what the cell begins with, and a reply with its idle. */
function createPost(send: (messages: readonly ToThread[]) => void): Post {
  let held: ToThread[] = [];
  const sendHeld = (): void => {
    if (held.length === 0) return;
    const messages = held;
    held = [];
    send(messages);
  };
  return {
    post(message) {
      held.push(message);
      sendHeld();
    },
    hold(message) {
      held.push(message);
      queueMicrotask(sendHeld);
    },
  };
}

function startWorker(data: ThreadData): Worker {
  const stored = readStored("protocol");
  return new Worker(stored === undefined ? new URL("./protocol-thread.js", import.meta.url) : workerText, {
    workerData: { ...data, stored },
    transferList: [data.answers],
    name: "protocol",
    eval: stored !== undefined,
  });
}
