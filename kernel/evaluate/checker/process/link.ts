import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { log } from "../../../core/log.js";
import {
  type CheckerAnswers,
  type CheckerReply,
  type CheckerRequest,
  createFrameReader,
  encodeFrame,
} from "./requests.js";

/** The kernel's side of the type checker, which runs in a process of its own and is started anew should it end. */
export interface CheckerLink {
  /** Questions are answered in their order. Rejects if the process ends over one, twice. */
  ask<K extends CheckerRequest["kind"]>(request: Extract<CheckerRequest, { kind: K }>): Promise<CheckerAnswers[K]>;
  /** Somebody waits for an answer. */
  isAwaited(): boolean;
  /** The requests that a new process needs first. Whoever sets this has sent them to the first process. */
  restoreWith(requests: () => readonly CheckerRequest[]): void;
  close(): void;
}

/** How the process may be started: arguments for Node. */
export interface CheckerStarts {
  /** From the snapshot, if there is one. */
  readonly fast?: readonly string[];
  readonly plain: readonly string[];
}

interface Pending {
  readonly request: CheckerRequest;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  /** A process has ended before it had answered. */
  readonly isRetry: boolean;
}

export function launchChecker(starts: CheckerStarts): CheckerLink {
  return new Link(starts);
}

class Link implements CheckerLink {
  private readonly pending = new Map<number, Pending>();
  private restore: () => readonly CheckerRequest[] = () => [];
  private fast: readonly string[] | undefined;
  private count = 0;
  private child: ChildProcess | undefined;
  private isClosed = false;

  constructor(private readonly starts: CheckerStarts) {
    this.fast = starts.fast;
    this.child = this.start();
    // Else it would notice only when it has loaded, and keep the kernel's stderr open until then.
    process.once("exit", () => this.close());
  }

  ask<K extends CheckerRequest["kind"]>(request: Extract<CheckerRequest, { kind: K }>): Promise<CheckerAnswers[K]> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) reject(new Error("the type checker has been closed"));
      else this.put({ request, resolve, reject, isRetry: false });
    });
  }

  isAwaited(): boolean {
    return [...this.pending.values()].some(({ request: { kind } }) => kind !== "open" && kind !== "declare");
  }

  restoreWith(requests: () => readonly CheckerRequest[]): void {
    this.restore = requests;
  }

  close(): void {
    this.isClosed = true;
    this.child?.kill("SIGKILL");
  }

  private put(asked: Pending): void {
    if (this.child === undefined) {
      this.child = this.start();
      for (const request of this.restore()) this.send(this.nextId(), request);
    }
    const id = this.nextId();
    this.pending.set(id, asked);
    this.send(id, asked.request);
  }

  private nextId(): number {
    this.count += 1;
    return this.count;
  }

  private send(id: number, request: CheckerRequest): void {
    this.child?.stdin?.write(encodeFrame({ id, ...request }));
  }

  private start(): ChildProcess {
    const child = startProcess(this.fast ?? this.starts.plain);
    let hasAnswered = false;
    const read = createFrameReader((message) => {
      hasAnswered = true;
      this.take(message as CheckerReply);
    });
    (child.stdio[3] as Readable).on("data", read);
    child.once("close", (code, signal) => this.ended(hasAnswered, signal ?? `exit code ${code}`));
    return child;
  }

  private take(reply: CheckerReply): void {
    const asked = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if ("error" in reply) asked?.reject(new Error(reply.error));
    else asked?.resolve(reply.result as never);
  }

  private ended(hasAnswered: boolean, how: string): void {
    this.child = undefined;
    if (this.isClosed) return;
    const isRefused = this.fast !== undefined && !hasAnswered;
    if (isRefused) this.fast = undefined;
    log(
      isRefused
        ? `the snapshot of the type checker can't be used (${how}); it is started without`
        : `the type checker has ended (${how}); it is started again`,
    );
    const waiting = [...this.pending.values()];
    this.pending.clear();
    // Which of them was the cause isn't known: each gets a second chance.
    for (const asked of waiting) {
      if (asked.isRetry) asked.reject(new Error(endedTwice(how)));
      else this.put({ ...asked, isRetry: !isRefused });
    }
  }
}

function endedTwice(how: string): string {
  return (
    `the type checker ended twice on this cell (${how}): the cell or the types that it imports are too large, ` +
    "or the machine has no memory left; split the cell, import less, or end other programs, and run it again"
  );
}

/** Requests go to its stdin, and replies come from descriptor 3, so that printed text can't mix with them. */
function startProcess(args: readonly string[]): ChildProcess {
  // Options for the user's Node change what V8 a snapshot fits; certificates take 40 ms to read (Node 20), and nothing
  // here speaks to the network.
  const { NODE_OPTIONS: _options, NODE_EXTRA_CA_CERTS: _certificates, ...env } = process.env;
  const child = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "inherit", "pipe"], env });
  // It may end before it has read everything. The event `close` reports that.
  child.stdin?.on("error", () => {});
  child.on("error", (error) => log(`the type checker could not be started: ${error.message}`));
  return child;
}
