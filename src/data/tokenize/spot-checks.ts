import { FastWayWrong, sameIds } from "./fast-proof.js";
import type { NativeTruth } from "./native-truth.js";

/** A text and its ids by the fast way. */
export interface CheckedText {
  readonly text: string;
  readonly ids: ArrayLike<number>;
}

/** Texts that wait; those of 64 MiB in parts of the usual size. */
const mostWaiting = 128;

/**
 * One text of every part is given to the native library, too: at once, or many together, at the latest at the end.
 * Until then the journal keeps them, so that after an interruption the next call checks them.
 */
export class SpotChecks {
  readonly #truth: NativeTruth;
  readonly #later: CheckedText[] | undefined;

  /** `later`: those that an earlier call has not checked; undefined if each is checked at once. */
  constructor(truth: NativeTruth, later: readonly CheckedText[] | undefined) {
    this.#truth = truth;
    this.#later = later && [...later];
  }

  /** What has to be kept until `finish`; undefined if it has been checked. Throws FastWayWrong. */
  async add(sample: CheckedText | undefined): Promise<CheckedText | undefined> {
    if (!sample) return undefined;
    if (!this.#later) {
      await this.#check([sample]);
      return undefined;
    }
    this.#later.push(sample);
    if (this.#later.length >= mostWaiting) await this.finish();
    return sample;
  }

  /** Compares those that wait: to be called before anything is published. Throws FastWayWrong. */
  async finish(): Promise<void> {
    while (this.#later && this.#later.length > 0) await this.#check(this.#later.splice(0, mostWaiting));
  }

  async #check(checked: readonly CheckedText[]): Promise<void> {
    const right = await this.#truth(checked.map(({ text }) => text));
    for (const [i, { text, ids }] of checked.entries()) if (!sameIds(ids, right[i] ?? [])) throw new FastWayWrong(text);
  }
}
