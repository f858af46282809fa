import type { Clock } from "../../core/clock.js";
import { beatMs, type Lease } from "../record/lease.js";
import { findRunFile, type RunFile, runFileSign, writeRunFile } from "../record/run-file.js";
import { leaseLost } from "./recorder.js";
import type { Place } from "./start/place.js";

/** Milliseconds between two looks where the run folder is. */
const placeMs = 500;
/** Milliseconds between two looks at what is to be copied. */
const copyMs = 1000;

/** The run folder was deleted while the run was live. */
export class FolderGone extends Error {
  constructor(folder: string) {
    super(`the run folder ${folder} was deleted; the engine was ended`);
  }
}

export interface KeeperParts {
  readonly place: Place;
  readonly lease: Lease;
  readonly clock: Clock;
  /** run.json as it should be. */
  readonly file: () => RunFile;
  /** Living processes of the engine. */
  readonly processes: () => number;
  readonly note: (text: string) => Promise<void>;
  /** Copies the record elsewhere; false if another supervisor has taken over there. */
  readonly copy?: () => Promise<boolean>;
  /** Called with every beat. */
  readonly onBeat?: (() => Promise<void>) | undefined;
}

/** Keeps lease, run folder and run.json of a supervisor. */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #ended = new AbortController();
  #lose: () => void = () => undefined;
  readonly #lost = new Promise<void>((resolve) => {
    this.#lose = resolve;
  });
  #runFileSign = "";
  /** Why this supervisor has to end: its lease or its folder is gone. */
  lost: unknown;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  end(): void {
    this.#ended.abort();
  }

  /** Gives the signs of life until `end`, or until lease or folder are lost. */
  async keep(): Promise<void> {
    void this.#keepCopy();
    const { place, clock, note } = this.#parts;
    let beatAt = Number.NEGATIVE_INFINITY;
    for (; !this.#ended.signal.aborted; await clock.wait(placeMs, this.#ended.signal)) {
      const change = await place.look();
      if (change === "gone") this.lost ??= new FolderGone(place.folder);
      if (this.lost) return this.#lose();
      if (change === "moved")
        await note(`the run folder was moved to ${place.folder}; a link at its old place leads there`).catch(() => {});
      if (clock.elapsed() < beatAt + beatMs) continue;
      beatAt = clock.elapsed();
      await this.#beat();
    }
  }

  /** Beside the beats, which must not wait for another machine. */
  async #keepCopy(): Promise<void> {
    const { copy, clock, lease } = this.#parts;
    while (copy && !this.#ended.signal.aborted && !this.lost) {
      if (!(await copy().catch(() => true))) this.lost ??= leaseLost(lease.number);
      if (this.lost) this.#lose();
      await clock.wait(copyMs, this.#ended.signal);
    }
  }

  async #beat(): Promise<void> {
    const { lease, processes, onBeat } = this.#parts;
    if (!(await lease.isHeld().catch(() => true))) this.lost = leaseLost(lease.number);
    if (this.lost) return;
    await lease.beat({ processes: processes() }).catch((error) => console.error("lease:", error));
    await this.#mendRunFile().catch((error) => console.error("run.json:", error));
    await onBeat?.().catch((error) => console.error("standby:", error));
  }

  /** Writes run.json anew if somebody damaged or deleted it. */
  async #mendRunFile(): Promise<void> {
    const { place, file, note } = this.#parts;
    const sign = await runFileSign(place.at);
    if (sign === this.#runFileSign) return;
    this.#runFileSign = sign;
    const damage = await findRunFile(place.at).then(
      (read) => (read ? read.damage : "run.json is missing"),
      (error: unknown) => String(error),
    );
    if (damage === undefined) return;
    await writeRunFile(place.at, file());
    await note(`${damage}; it was written again`);
  }

  /** The result of `work`, or the error that ends this supervisor. */
  async unlessLost<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined);
    return Promise.race([
      work,
      this.#lost.then(() => {
        throw this.lost;
      }),
    ]);
  }
}
