import type { Clock } from "../../../core/clock.js";
import { formatDuration } from "../../../core/units.js";
import type { RunNode } from "../../nodes/node.js";

/** A node that gave no sign of life for so long, while the training stood still, counts as lost. */
export const lostNodeMs = 15_000;

/** A node that is lost. */
export interface LostNode {
  readonly node: string;
  readonly nodeRank: number;
  /** Milliseconds since its last sign of life. */
  readonly silentMs: number;
  readonly message: string;
}

/**
 * Finds nodes that can't be reached any more, and tells a lost node from a lost connection: without a node the
 * training stands still.
 */
export class NodeWatch {
  readonly #nodes: readonly RunNode[];
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #reasons = new Map<number, string>();
  readonly #unwatch: readonly (() => void)[];
  readonly #changes: string[] = [];
  #step = -1;
  #stepAt: number;

  constructor(nodes: readonly RunNode[], clock: Clock, limitMs = lostNodeMs) {
    this.#nodes = nodes;
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#stepAt = clock.elapsed();
    this.#unwatch = nodes.map((node) =>
      node.watch((sign) => {
        if (sign.kind === "unreachable") {
          this.#reasons.set(node.nodeRank, sign.reason);
          this.#changes.push(`connection lost: ${sign.reason}`);
        }
        if (sign.kind === "reachable" && this.#reasons.delete(node.nodeRank))
          this.#changes.push(`node ${node.name} answers again`);
      }),
    );
  }

  /** Connections that were lost or made again since the last call, as sentences for the record. */
  changes(): string[] {
    return this.#changes.splice(0);
  }

  /**
   * A lost node, given the last step of the training. Undefined while the training goes on, and while no node at all
   * answers: then it is this
   * machine that is cut off.
   */
  look(lastStep: number): LostNode | undefined {
    const now = this.#clock.elapsed();
    if (lastStep !== this.#step) this.#stepAt = now;
    this.#step = lastStep;
    const silent = this.#nodes.filter(({ state }) => !state.reachable && state.silentMs > this.#limitMs);
    const [node] = silent;
    if (node === undefined || silent.length === this.#nodes.length || now < this.#stepAt + this.#limitMs)
      return undefined;
    const reason = this.#reasons.get(node.nodeRank);
    const { silentMs } = node.state;
    const since = formatDuration(silentMs);
    const message = `node ${node.name} gave no sign of life for ${since}${reason === undefined ? "" : ` (${reason})`}`;
    return { node: node.name, nodeRank: node.nodeRank, silentMs, message };
  }

  close(): void {
    for (const leave of this.#unwatch) leave();
  }
}
