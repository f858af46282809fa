import type { Observation, Phase } from "../../../recover/detect/observation.js";
import { BusyWatch, type WatchedParts } from "./busy-watch.js";
import type { RankPhase } from "./rank-log.js";

/** Milliseconds between two looks at the nodes. */
const nodesMs = 30_000;
/** And at the clock while nothing is logged. */
const clockMs = 2000;

const phases: Readonly<Partial<Record<RankPhase, Phase>>> = {
  starting: "starting",
  saving: "saving",
  evaluating: "evaluating",
};

export interface QuietParts extends WatchedParts {
  /** Whether to look which rank is slow. */
  readonly findSlow?: boolean;
}

/**
 * What no log line says: free disk and memory errors of the nodes, how much of the time a rank is at work, and the time
 * that a start, a save, or an evaluation takes. A hang while training is the hang watch's, which keeps the stacks.
 */
export class QuietWatch {
  readonly #parts: QuietParts;
  readonly #busy: BusyWatch;
  #phase: Phase | undefined;
  #nodesAt: number;
  #clockAt = 0;
  #looking: Promise<Observation[]> | undefined;
  #found: Observation[] = [];

  constructor(parts: QuietParts) {
    this.#parts = parts;
    this.#busy = new BusyWatch(parts);
    this.#nodesAt = parts.clock.elapsed();
  }

  /** Returns at once: answers of slow nodes come with a later look. */
  look(): readonly Observation[] {
    const now = this.#parts.clock.elapsed();
    if (now >= this.#nodesAt + nodesMs && this.#looking === undefined) {
      this.#nodesAt = now;
      this.#looking = this.#lookAtNodes();
      void this.#looking.then((found) => {
        this.#found.push(...found);
        this.#looking = undefined;
      });
    }
    const slow = this.#parts.findSlow ? this.#busy.look() : [];
    return [...this.#lookAtPhase(now), ...slow, ...this.#found.splice(0)];
  }

  #lookAtPhase(now: number): Observation[] {
    const { logs, clock } = this.#parts;
    const ranks = [...logs.ranks.values()];
    const phase = ranks.map((rank) => phases[rank.phase]).find((found) => found !== undefined);
    const time = clock.now();
    if (phase !== this.#phase) {
      this.#phase = phase;
      return phase === undefined ? [] : [{ kind: "phase", time, phase }];
    }
    if (phase === undefined || now < this.#clockAt + clockMs) return [];
    this.#clockAt = now;
    return [{ kind: "clock", time }];
  }

  async #lookAtNodes(): Promise<Observation[]> {
    const { nodes, clock, ranks } = this.#parts;
    const found = await Promise.all(
      nodes.map(async (node): Promise<Observation[]> => {
        const metrics = await node.metrics().catch(() => undefined);
        if (metrics === undefined) return [];
        const time = clock.now();
        const { diskFreeBytes: freeBytes, devices } = metrics;
        // A node's ranks are in the order of its devices.
        const own = [...ranks].flatMap(([rank, on]) => (on === node ? [rank] : []));
        const disk: Observation[] = freeBytes === undefined ? [] : [{ kind: "disk", time, node: node.name, freeBytes }];
        const errors = devices.flatMap(({ uncorrectable = 0 }, index): Observation[] =>
          uncorrectable > 0 ? [{ kind: "device", time, node: node.name, rank: own[index] ?? 0, uncorrectable }] : [],
        );
        return [...disk, ...errors];
      }),
    );
    return found.flat();
  }
}
