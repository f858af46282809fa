import type { MessagePort } from "node:worker_threads";
import type { MessageHeader } from "../cell/publisher.js";
import type { Connection } from "../channels/connection.js";
import type { Outgoing, Question, ReplyContent, Request } from "../channels/messages.js";
import type { NativePipes } from "../core/native-pipes.js";

/** What the protocol thread is started with. */
export interface ThreadData {
  readonly connection: Connection;
  readonly kernelInfo: ReplyContent;
  /** Int32 flags shared by the threads, see `flagIndex`. */
  readonly flags: SharedArrayBuffer;
  /** Most that the heap of the main thread may hold, in bytes. */
  readonly heapLimit: number;
  /** Takes answers to the main thread while it waits for them and does nothing else. */
  readonly answers: MessagePort;
  /** The kernel's own log, and where to read what native code and child processes write. */
  readonly native: NativePipes | undefined;
  /** Process whose end ends the kernel; undefined: none. */
  readonly parentPid: number | undefined;
}

/**
 * Main thread → protocol thread, in lists; handled in order, so that output never overtakes or falls behind a status.
 */
export type ToThread =
  | { readonly kind: "send"; readonly message: Outgoing }
  | { readonly kind: "status"; readonly state: "busy" | "idle"; readonly parent: MessageHeader }
  /** Sends a question whose answer goes into the port of answers. */
  | { readonly kind: "ask"; readonly question: Question }
  /** Asks for `passed` with the same number, after every request that the thread has read so far. */
  | { readonly kind: "barrier"; readonly id: number }
  /** A cell is compiled under this name and waits for `cellReady`. Only while the flag `debugging` is set. */
  | { readonly kind: "cellBegins"; readonly name: string }
  /** Send what is left, close the sockets, set the flag `closed`. */
  | { readonly kind: "close" };

export interface Answer {
  /** Of the question. */
  readonly id: string;
  readonly value: string;
}

/** Protocol thread → main thread. */
export type FromThread =
  | { readonly kind: "bound" }
  | { readonly kind: "request"; readonly request: Request }
  /** A subshell is gone; the cells that wait in it are not to run. */
  | { readonly kind: "subshellDeleted"; readonly id: string }
  | { readonly kind: "passed"; readonly id: number }
  | { readonly kind: "interrupt" }
  /** The breakpoints of the cell are set. */
  | { readonly kind: "cellReady"; readonly name: string }
  /** Somebody asked for shutdown, or the parent is gone: finish soon and exit. */
  | { readonly kind: "shutdown" }
  | { readonly kind: "failed"; readonly message: string; readonly hint: string };
