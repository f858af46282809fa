import type { Clock } from "../../core/clock.js";
import type { RunNode } from "../nodes/node.js";
import { nextStopAction, readStopRequest, type StopProgress, type StopRequest, stopFile } from "./stop-request.js";

/** Path of the file that the engine looks at between two steps, relative to the run folder. */
const exitFile = "control/graceful_exit.json";

/** Carries out `run.stop()`: asks for a checkpoint, interrupts, kills; on all nodes. Its times are monotonic. */
export class Stopping {
  readonly #folder: () => string;
  readonly #nodes: readonly RunNode[];
  readonly #clock: Clock;
  #request: { readonly request: StopRequest; readonly seenAt: number } | undefined;
  #progress: StopProgress = {};

  constructor(folder: () => string, nodes: readonly RunNode[], clock: Clock) {
    this.#folder = folder;
    this.#nodes = nodes;
    this.#clock = clock;
  }

  /** How far it came. */
  get stage(): "no" | "asked" | "interrupted" {
    if (this.#progress.interruptedAt !== undefined) return "interrupted";
    return this.#progress.askedAt === undefined ? "no" : "asked";
  }

  /** Does what is due now; true if a stop is requested. `guard` throws if this process may not act any more. */
  async obey(guard: () => Promise<void>): Promise<boolean> {
    const found = await readStopRequest(this.#folder());
    const now = this.#clock.elapsed();
    if (found && found.requestedAt !== this.#request?.request.requestedAt)
      this.#request = { request: found, seenAt: now };
    if (!this.#request) return false;
    const { request, seenAt } = this.#request;
    const action = nextStopAction(request, this.#progress, { now, requestedAt: seenAt });
    if (action === undefined) return true;
    await guard();
    if (action === "ask") {
      await this.#onAll((node) => node.write(exitFile, stopFile(true)));
      this.#progress = { ...this.#progress, askedAt: now };
    } else if (action === "interrupt") {
      await this.#onAll((node) => node.signal("launcher", "SIGINT"));
      this.#progress = { ...this.#progress, interruptedAt: now };
    } else {
      await this.#onAll((node) => node.end({ graceMs: 0 }));
      this.#progress = { ...this.#progress, killedAt: now };
    }
    return true;
  }

  /** A node that can't be reached is asked again at the next action; the others are not kept waiting. */
  async #onAll(act: (node: RunNode) => Promise<unknown>): Promise<void> {
    await Promise.allSettled(this.#nodes.map(act));
  }
}
