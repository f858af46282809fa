import { Worker } from "node:worker_threads";
import { KernelError } from "../error.js";
import type { IopubMessage, Publisher } from "../output/publisher.js";
import { broadcast, type Envelope, type Outgoing, type ReplyContent, type Request, replyTo } from "./messages.js";
import { type FromThread, flagIndex, type ThreadData, type ToThread } from "./thread-messages.js";

/** The main thread's end of the wire. What is sent through it leaves in the order of the calls. */
export interface Wire extends Publisher {
  reply(request: Envelope, content: ReplyContent): void;
  status(state: "busy" | "idle", request: Envelope): void;
  /** Sends a message that is no answer. */
  send(message: Outgoing): void;
  /** Resolves when every request (and interrupt) that had arrived before the call has been handed to `onRequest` (`onInterrupt`). */
  barrier(): Promise<void>;
}

export interface ThreadLink extends Wire {
  /** Resolves when the sockets listen; rejects with `KernelError` if they cannot. */
  readonly bound: Promise<void>;
  /** Sends the rest and closes the sockets, blocking this thread for at most half a second; for use when the process exits. */
  closeNow(): void;
}

export interface LinkEvents {
  readonly onRequest: (request: Request) => void;
  readonly onInterrupt: () => void;
  readonly onSubshellDeleted: (id: string) => void;
  readonly onShutdown: () => void;
  /** The thread died, which it never should; without it the kernel is of no use. */
  readonly onDeath: (error: Error) => void;
}

/** Starts the protocol thread. */
export function startProtocolThread(data: ThreadData, events: LinkEvents): ThreadLink {
  const worker = new Worker(new URL("./protocol-thread.js", import.meta.url), { workerData: data, name: "protocol" });
  const post = (message: ToThread) => worker.postMessage(message);
  const waiting = new Map<number, () => void>();
  const flags = new Int32Array(data.flags);
  let settle: { resolve(): void; reject(error: Error): void } = { resolve() {}, reject() {} };
  const bound = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  let barriers = 0;

  worker.on("message", (message: FromThread) => {
    if (message.kind === "request") events.onRequest(message.request);
    else if (message.kind === "interrupt") events.onInterrupt();
    else if (message.kind === "subshellDeleted") events.onSubshellDeleted(message.id);
    else if (message.kind === "shutdown") events.onShutdown();
    else if (message.kind === "bound") settle.resolve();
    else if (message.kind === "failed") settle.reject(new KernelError(message.message, message.hint));
    else {
      waiting.get(message.id)?.();
      waiting.delete(message.id);
    }
  });
  worker.on("error", events.onDeath);

  return {
    bound,
    publish: (message: IopubMessage) => post({ kind: "send", message: broadcast(message) }),
    reply: (request, content) => post({ kind: "send", message: replyTo(request, content) }),
    send: (message) => post({ kind: "send", message }),
    status: (state, request) => post({ kind: "status", state, parent: request.header }),
    barrier() {
      barriers += 1;
      const id = barriers;
      post({ kind: "barrier", id });
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    closeNow() {
      post({ kind: "close" });
      Atomics.wait(flags, flagIndex.closed, 0, 500);
    },
  };
}
