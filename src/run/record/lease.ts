import { readdirSync } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../core/clock.js";
import { lifeOf, type ProcessIdentity, thisProcess } from "../../core/liveness/process-identity.js";
import { temporaryName } from "../../core/liveness/temporary-files.js";

// Who supervises a run. `lease/<n>` appears complete and only once, by a hard link; the highest number is the valid
// lease. Its holder renews the beat in place, so a holder whose lease was taken writes into a file that nobody reads
// any more. Readers judge by the change of the beat on their own monotonic clock: no wall clock is compared.

/** Milliseconds between two beats. */
export const beatMs = 2000;
/** A lease without a beat for so many milliseconds has expired. */
export const leaseMs = 20_000;
/** Bytes of a lease file; the text is padded, so that a beat never changes the length. */
const fileBytes = 1024;

/** Contents of a lease file. */
export interface LeaseText {
  readonly number: number;
  /** Name of the holder's machine. */
  readonly host: string;
  readonly holder: ProcessIdentity;
  /** When it was taken, ISO 8601. */
  readonly since: string;
  /** Counts up with every sign of life. */
  readonly beat: number;
  /** Living processes of the engine, as far as the holder knows. */
  readonly processes: number;
  /** True once the holder has recorded the end of the run. */
  readonly ended: boolean;
}

function formatLease(lease: LeaseText): string {
  return `${JSON.stringify(lease).padEnd(fileBytes - 1)}\n`;
}

async function highest(folder: string): Promise<number | undefined> {
  return highestOf(await readdir(folder));
}

function highestOf(names: readonly string[]): number | undefined {
  const numbers = names.filter((name) => /^\d+$/.test(name)).map(Number);
  return numbers.length > 0 ? numbers.reduce((a, b) => Math.max(a, b)) : undefined;
}

/** The valid lease, with the time of its last beat by the file system's clock; undefined if nobody ever had one. */
export async function readLease(
  folder: string,
): Promise<{ readonly lease: LeaseText; readonly beatAt: number } | undefined> {
  const number = await highest(folder).catch(() => undefined);
  if (number === undefined) return undefined;
  const path = join(folder, String(number));
  const [text, found] = await Promise.all([readFile(path, "utf8"), stat(path)]).catch(() => ["", undefined] as const);
  try {
    return found && { lease: JSON.parse(text) as LeaseText, beatAt: found.mtimeMs };
  } catch {
    return undefined;
  }
}

/** `none`: nobody has supervised yet. `expired`: its holder is gone or gives no beat. `released`: the run has ended. */
export type LeaseState = "none" | "held" | "expired" | "released";

/** Judges a lease again and again. */
export class LeaseWatch {
  readonly #folder: () => string;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  #seen = "";
  #changedAt: number;
  lease: LeaseText | undefined;

  /** `folder`: the lease folder, which may be renamed. */
  constructor(folder: () => string, clock: Clock, expiresAfterMs = leaseMs) {
    this.#folder = folder;
    this.#clock = clock;
    this.#leaseMs = expiresAfterMs;
    this.#changedAt = clock.elapsed();
  }

  async look(): Promise<LeaseState> {
    const now = this.#clock.elapsed();
    const found = await readLease(this.#folder());
    if (!found) return this.lease ? this.#judge(now) : "none";
    const { lease, beatAt } = found;
    this.lease = lease;
    const sign = `${lease.number}.${lease.beat}`;
    if (sign !== this.#seen) {
      this.#seen = sign;
      this.#changedAt = now;
    }
    if (lease.ended) return "released";
    if (lifeOf(lease.holder, beatAt) === "gone") return "expired";
    return this.#judge(now);
  }

  #judge(now: number): LeaseState {
    return now - this.#changedAt > this.#leaseMs ? "expired" : "held";
  }
}

/** A lease that this process has taken. */
export class Lease {
  readonly number: number;
  readonly #folder: () => string;
  readonly #file: FileHandle;
  #text: LeaseText;
  #beating: Promise<void> = Promise.resolve();

  private constructor(folder: () => string, file: FileHandle, text: LeaseText) {
    this.#folder = folder;
    this.#file = file;
    this.#text = text;
    this.number = text.number;
  }

  /** Takes the lease that follows `after` (undefined: the first one); undefined if another process was faster. */
  static async take(folder: () => string, after: number | undefined): Promise<Lease | undefined> {
    // Only the last folder of the path: a run folder that was removed is not made anew.
    await mkdir(folder()).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    });
    const text: LeaseText = {
      number: (after ?? 0) + 1,
      host: hostname(),
      holder: thisProcess(),
      since: new Date().toISOString(),
      beat: 0,
      processes: 0,
      ended: false,
    };
    const path = join(folder(), String(text.number));
    const own = temporaryName(path);
    await writeFile(own, formatLease(text));
    try {
      await link(own, path);
      const file = await open(path, "r+");
      return new Lease(folder, file, text);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
      throw error;
    } finally {
      await rm(own, { force: true });
    }
  }

  /**
   * False as soon as another process has taken the next lease. Throws the system's error if the folder can't be read.
   */
  async isHeld(): Promise<boolean> {
    // Asked before each write; a thread of Node's takes twenty times as long to answer.
    return highestOf(readdirSync(this.#folder())) === this.number;
  }

  /** Renews the sign of life; `more`: what changed. */
  beat(more: Partial<Pick<LeaseText, "processes" | "ended">> = {}): Promise<void> {
    this.#text = { ...this.#text, ...more, beat: this.#text.beat + 1 };
    const text = formatLease(this.#text);
    this.#beating = this.#beating.then(async () => void (await this.#file.write(text, 0)));
    return this.#beating;
  }

  /** Ends the lease for good: the run has ended, nobody takes over. */
  async release(): Promise<void> {
    await this.beat({ ended: true, processes: 0 });
    await this.close();
  }

  /** Closes the file without a word: for a process that has lost its lease. */
  async close(): Promise<void> {
    await this.#beating.catch(() => undefined);
    await this.#file.close();
  }
}
