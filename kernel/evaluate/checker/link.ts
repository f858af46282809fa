import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { log } from "../../log.js";
import { createFrameReader } from "./frames.js";
import { type CheckerAnswers, type CheckerReply, type CheckerRequest, encodeFrame } from "./requests.js";

/** The kernel's side of the type checker, which runs in a process of its own and is started anew should it end. */
export interface CheckerLink {
  /** Questions are answered in their order. Rejects if the process ends over one. */
  ask<K extends CheckerRequest["kind"]>(request: Extract<CheckerRequest, { kind: K }>): Promise<CheckerAnswers[K]>;
  /** What a new process has to be told before it is of use. */
  readonly restore: { requests: () => readonly CheckerRequest[] };
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
}

export function launchChecker(starts: CheckerStarts): CheckerLink {
  const pending = new Map<number, Pending>();
  const restore: CheckerLink["restore"] = { requests: () => [] };
  let fast = starts.fast;
  let count = 0;
  let child: ChildProcess | undefined;

  const start = (): ChildProcess => {
    const started = startProcess(fast ?? starts.plain);
    let hasAnswered = false;
    const take = (reply: CheckerReply): void => {
      hasAnswered = true;
      const asked = pending.get(reply.id);
      pending.delete(reply.id);
      if ("error" in reply) asked?.reject(new Error(reply.error));
      else asked?.resolve(reply.result as never);
    };
    (started.stdio[3] as Readable).on(
      "data",
      createFrameReader((message) => take(message as CheckerReply)),
    );
    started.once("close", (code, signal) => {
      if (child === started) ended(hasAnswered, signal ?? `exit code ${code}`);
    });
    return started;
  };
  const send = (id: number, request: CheckerRequest): void => {
    child?.stdin?.write(encodeFrame({ id, ...request }));
  };
  const ended = (hasAnswered: boolean, how: string): void => {
    child = undefined;
    if (fast !== undefined && !hasAnswered) {
      log(`the snapshot of the type checker can't be used (${how}); starting without`);
      fast = undefined;
      child = start();
      for (const [id, { request }] of pending) send(id, request);
      return;
    }
    log(`the type checker has ended (${how}); it will be started again`);
    const waiting = [...pending.values()];
    pending.clear();
    for (const { reject } of waiting)
      reject(new Error(`the type checker has ended (${how}); run the cell again, and it will be started anew`));
  };
  child = start();
  // Else it would notice only when it has loaded, and keep the kernel's stderr open until then.
  const close = (): void => {
    const last = child;
    child = undefined;
    last?.kill("SIGKILL");
  };
  process.once("exit", close);

  return {
    restore,
    ask(request) {
      if (child === undefined) {
        child = start();
        for (const earlier of restore.requests()) send(++count, earlier);
      }
      const id = ++count;
      return new Promise((resolve, reject) => {
        pending.set(id, { request, resolve, reject });
        send(id, request);
      });
    },
    close,
  };
}

/** Requests go to its stdin, replies come from descriptor 3: whatever else it may print can't come between them. */
function startProcess(args: readonly string[]): ChildProcess {
  // Options for the user's Node change what V8 a snapshot fits.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "inherit", "pipe"], env });
  // It may be gone before it has read everything; `close` tells.
  child.stdin?.on("error", () => {});
  child.on("error", (error) => log(`the type checker could not be started: ${error.message}`));
  return child;
}
