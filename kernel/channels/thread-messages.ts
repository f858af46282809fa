import type { MessagePort } from "node:worker_threads";
import type { Connection } from "../connection.js";
import type { MessageHeader } from "../output/publisher.js";
import type { Outgoing, ReplyContent, Request } from "./messages.js";

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
  /** Process whose end ends the kernel; undefined: none. */
  readonly parentPid: number | undefined;
}

export const flagIndex = {
  /** 1: the running cell shall stop; loops of cells read it. */
  interrupt: 0,
  /** 1: the sockets are closed, the process may exit. */
  closed: 1,
  /** Above 0: the main thread waits for a child process that it started synchronously. */
  blocking: 2,
  /** 1: a debugger is on; cells wait for their breakpoints before they run. */
  debugging: 3,
  /** 1: what the main thread waits for lies in the port of answers. */
  answered: 4,
  /** 1: the protocol thread may be about to send this process SIGINT. */
  signalling: 5,
} as const;

/** Bytes of the buffer that holds the flags. */
export const flagBytes = 4 * Object.keys(flagIndex).length;

/** Main thread → protocol thread; handled in order, so that output never overtakes or falls behind a status. */
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

export interface Question extends Outgoing {
  readonly id: string;
}

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
