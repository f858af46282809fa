import type { Clock } from "../../../core/clock.js";
import { BusyShares } from "../../../recover/detect/busy-shares.js";
import type { Observation } from "../../../recover/detect/observation.js";
import type { RunNode } from "../../nodes/node.js";
import type { AttemptLogs } from "./attempt-logs.js";

/** Milliseconds between two questions to the nodes. */
const askMs = 20_000;

export interface WatchedParts {
  readonly nodes: readonly RunNode[];
  readonly ranks: ReadonlyMap<number, RunNode>;
  readonly logs: AttemptLogs;
  readonly clock: Clock;
}

/** Asks the nodes how much of the time each rank is at work: a rank that the others wait for never waits itself. */
export class BusyWatch {
  readonly #parts: WatchedParts;
  readonly #shares = new BusyShares();
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking = false;
  /** False if a rank has done something else than training since the last question. */
  #steady = true;
  readonly #found: Observation[] = [];

  constructor(parts: WatchedParts) {
    this.#parts = parts;
  }

  /** Returns at once: answers of slow nodes come with a later look. */
  look(): readonly Observation[] {
    const { logs, ranks, clock } = this.#parts;
    const training = [...logs.ranks.values()].filter(({ phase }) => phase === "training").length;
    if (training < ranks.size) this.#steady = false;
    // Nobody has to wait for a single rank, and during the start the nodes need not be asked.
    const asks = ranks.size > 1 && training === ranks.size && !this.#asking;
    if (asks && clock.elapsed() >= this.#askedAt + askMs) void this.#ask();
    return this.#found.splice(0);
  }

  async #ask(): Promise<void> {
    const { nodes, ranks, logs, clock } = this.#parts;
    this.#asking = true;
    this.#askedAt = clock.elapsed();
    const found = await Promise.all(nodes.map(async (node) => node.busy().catch(() => [])));
    if (!this.#steady) this.#shares.reset();
    this.#steady = true;
    const names: string[] = [];
    for (const [rank, node] of ranks) names[rank] = node.name;
    const moment = { time: clock.now(), step: logs.lastStep, ranks: found.flat(), nodes: names };
    const barrier = this.#shares.take(moment);
    if (barrier) this.#found.push(barrier);
    this.#asking = false;
  }
}
