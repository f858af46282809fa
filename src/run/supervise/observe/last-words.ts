import type { NodeCommand } from "../../../plan/command/command.js";
import type { RankLog } from "./rank-log.js";

/** How long the node where a fault began may take to say so: its msrun looks at its workers once a second. */
const causeMs = 3000;
/** How long the survivors may take until one of them begins to save, milliseconds. */
const beginMs = 60_000;
/** And to have saved. */
const saveMs = 30 * 60_000;

/**
 * Keeps a failed attempt alive while only consequences of the fault are known, and while the surviving ranks save a
 * checkpoint (TTP): ending them at once would destroy the one that loses no step.
 */
export class LastWords {
  readonly #expected: boolean;
  #since: number | undefined;

  constructor(commands: readonly NodeCommand[]) {
    this.#expected = commands.some(({ environment }) => environment.MS_ENABLE_TFT?.includes("TTP:1"));
  }

  /**
   * True while the attempt should not be ended yet, although it has failed. `lacksCause`: another node may say how the
   * fault began. `elapsed`: monotonic milliseconds.
   */
  wait(ranks: ReadonlyMap<number, RankLog>, lacksCause: boolean, elapsed: number): boolean {
    this.#since ??= elapsed;
    if (lacksCause && elapsed < this.#since + causeMs) return true;
    if (!this.#expected) return false;
    const states = [...ranks.values()].map(({ lastWords }) => lastWords);
    if (states.includes("saving")) return elapsed < this.#since + saveMs;
    // Ranks begin within moments of each other; one that has saved stands for those that never begin.
    return !states.includes("saved") && elapsed < this.#since + beginMs;
  }
}
