import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import type { Clock } from "../../../core/clock.js";
import type { BusyLooks } from "../../../recover/detect/busy-shares.js";
import type { NodeProcess } from "../node.js";

/** Milliseconds between two looks, on average. */
const lookMs = 1000;
/** The looks end so long after the last question. */
const patienceMs = 60_000;
/** Threads of a process that are looked at: those that use most of the processor, and the first one. */
const mostThreads = 8;
const golden = (Math.sqrt(5) - 1) / 2;

interface Watched {
  readonly pid: number;
  readonly rank: number;
  looks: number;
  busy: number;
  /** Clock ticks of each thread when the threads were chosen. */
  ticks: Map<string, number>;
  threads: string[];
}

/**
 * Milliseconds from one look to the next. Unequal, and never in step with the training: equal pauses would meet each
 * rank at the same place of its step.
 */
function pauseAfter(look: number): number {
  return lookMs * (1 + (((look + 1) * golden) % 1) - ((look * golden) % 1));
}

/** The name of a thread has at most 15 bytes, so its state is among these. */
const head = Buffer.alloc(64);

/** State of a thread; undefined once it has ended. Takes half the calls of `readFileSync`. */
function stateOf(pid: number, thread: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/task/${thread}/stat`, "r");
    const text = head.toString("latin1", 0, readSync(file, head, 0, head.length, 0));
    return text[text.lastIndexOf(")") + 2];
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Clock ticks that a thread has run; undefined once it has ended. */
function ticksOf(pid: number, thread: string): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return undefined;
  }
}

/**
 * True if any chosen thread runs, waits for a processor or a disk, or is stopped. All of them sleep in a collective.
 */
function isAtWork({ pid, threads }: Watched): boolean {
  return threads.some((thread) => /[RDTt]/.test(stateOf(pid, thread) ?? ""));
}

/** Chooses the threads that used most since the last choice; a process may have hundreds that only wait. */
function chooseThreads(watched: Watched): void {
  const { pid } = watched;
  const used: (readonly [thread: string, ticks: number])[] = [];
  const ticks = new Map<string, number>();
  for (const thread of threadsOf(pid)) {
    const ran = ticksOf(pid, thread);
    if (ran === undefined) continue;
    ticks.set(thread, ran);
    used.push([thread, ran - (watched.ticks.get(thread) ?? 0)]);
  }
  const chosen = used.sort((a, b) => b[1] - a[1]).slice(0, mostThreads - 1);
  watched.ticks = ticks;
  watched.threads = [...new Set([...chosen.map(([thread]) => thread), String(pid)])];
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Looks whether the workers on this machine are at work: a few files of /proc, about once a second. */
export class LocalBusy {
  readonly #find: () => Promise<readonly NodeProcess[]>;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #watched: readonly Watched[] = [];
  #askedAt = 0;
  #isLooking = false;

  /** `find`: the processes of the run. `signal` ends the looks. */
  constructor(find: () => Promise<readonly NodeProcess[]>, clock: Clock, signal: AbortSignal) {
    this.#find = find;
    this.#clock = clock;
    this.#signal = signal;
  }

  async looks(): Promise<readonly BusyLooks[]> {
    this.#askedAt = this.#clock.elapsed();
    const workers = (await this.#find()).filter(({ role }) => role === "worker");
    this.#watched = workers.map(({ pid, rank = 0 }) => {
      const known = this.#watched.find((each) => each.pid === pid && each.rank === rank);
      return known ?? { pid, rank, looks: 0, busy: 0, ticks: new Map(), threads: [] };
    });
    for (const each of this.#watched) chooseThreads(each);
    if (!this.#isLooking) void this.#look();
    return this.#watched.map(({ rank, looks, busy }) => ({ rank, looks, busy }));
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    for (let look = 0; this.#clock.elapsed() < this.#askedAt + patienceMs; look += 1) {
      await this.#clock.wait(pauseAfter(look), this.#signal);
      if (this.#signal.aborted) break;
      for (const each of this.#watched) {
        each.looks += 1;
        if (isAtWork(each)) each.busy += 1;
      }
    }
    this.#isLooking = false;
  }
}
