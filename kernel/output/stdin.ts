import { syncBuiltinESMExports } from "node:module";
import readline from "node:readline";
import readlinePromises from "node:readline/promises";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { currentCell, runningCell } from "../cell/cell-context.js";

/** Asks the user; `signal` withdraws the question. */
export type Ask = (
  prompt?: string,
  options?: { readonly password?: boolean; readonly signal?: AbortSignal },
) => Promise<string>;
type Lines = readline.Interface | readlinePromises.Interface;

/** Lets whoever has just been answered take the line and stop, before the next one is asked for, in ms. */
const calm = 20;

/**
 * What reads `process.stdin` asks the user through the front end; a client that can't ask ends the cell with an error.
 */
export function installStdin(ask: Ask): void {
  let input = new CellInput(ask);
  const current = (): CellInput => {
    if (input.isUsable()) return input;
    const { readableEncoding } = input;
    input = new CellInput(ask);
    if (readableEncoding !== null) input.setEncoding(readableEncoding);
    return input;
  };
  Object.defineProperty(process, "stdin", { get: current, configurable: true, enumerable: true });
  for (const module of [readline, readlinePromises]) {
    const { createInterface } = module as { createInterface(...given: unknown[]): Lines };
    const created = (...given: unknown[]): Lines => {
      const lines = createInterface(...given);
      inputOf(lines)?.serve(lines);
      return lines;
    };
    Object.assign(module, { createInterface: created });
  }
  askQuestions(readline.Interface.prototype, ask);
  askPromises(readlinePromises.Interface.prototype, ask);
  syncBuiltinESMExports();
}

function inputOf(lines: Lines): CellInput | undefined {
  const { input } = lines as { input?: unknown };
  return input instanceof CellInput ? input : undefined;
}

/** `question(query, options?, callback)`: the query stands in front of the field of the front end. */
function askQuestions(prototype: readline.Interface, ask: Ask): void {
  const { question } = prototype as { question(...given: unknown[]): void };
  const asking = function (this: readline.Interface, query: string, ...given: unknown[]): void {
    const callback = given.at(-1);
    if (inputOf(this) === undefined || typeof callback !== "function") question.call(this, query, ...given);
    else {
      const signal = signalOf(given);
      const answered = signal === undefined ? ask(query) : ask(query, { signal });
      answered.then(
        (answer) => callback(answer),
        (error) => (signal?.aborted === true ? undefined : endCell(error)),
      );
    }
  };
  // `promisify(lines.question)` goes the same way.
  const promised = function (this: readline.Interface, query: string, ...given: unknown[]): Promise<string> {
    return inputOf(this) === undefined
      ? new Promise((resolve) => this.question(query, resolve))
      : askAborted(ask, query, signalOf(given));
  };
  Object.assign(asking, { [promisify.custom]: promised });
  Object.assign(prototype, { question: asking });
}

function askPromises(prototype: readlinePromises.Interface, ask: Ask): void {
  const { question } = prototype as { question(...given: unknown[]): Promise<string> };
  const asking = function (this: readlinePromises.Interface, query: string, ...given: unknown[]): Promise<string> {
    return inputOf(this) === undefined ? question.call(this, query, ...given) : askAborted(ask, query, signalOf(given));
  };
  Object.assign(prototype, { question: asking });
}

function signalOf([options]: readonly unknown[]): AbortSignal | undefined {
  return (options as { readonly signal?: AbortSignal } | undefined)?.signal;
}

/** Rejects with the error of Node when `signal` is aborted; the question is withdrawn then. */
async function askAborted(ask: Ask, query: string, signal: AbortSignal | undefined): Promise<string> {
  if (signal === undefined) return ask(query);
  try {
    return await ask(query, { signal });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const aborted = new Error("The operation was aborted", { cause: signal.reason });
    throw Object.assign(aborted, { name: "AbortError", code: "ABORT_ERR" });
  }
}

/** The cell waits for something that never comes. */
function endCell(error: unknown): void {
  currentCell()?.abort.abort(error);
}

/** Lines that the user is asked for, one at a time, while somebody wants them. */
class CellInput extends Readable {
  readonly fd = 0;
  readonly isTTY = false;
  /** The interface that read it is closed, which also pauses it. */
  private isLeft = false;
  private readonly cell = currentCell();
  private readonly served = new Set<Lines>();
  private isRead = false;
  private isAsking = false;

  constructor(private readonly question: Ask) {
    super({ highWaterMark: 0 });
    for (const event of ["resume", "newListener"]) this.on(event, () => this.later());
  }

  /** False once an interface has left it, or while one of an earlier cell holds it. The next reader gets a new one. */
  isUsable(): boolean {
    const isOfOther = this.served.size > 0 && this.cell !== currentCell();
    return !this.destroyed && !this.isLeft && !isOfOther;
  }

  override _read(): void {
    this.isRead = true;
    this.later();
  }

  /** An interface that reads lines of it. */
  serve(lines: Lines): void {
    this.served.add(lines);
    lines.on("newListener", () => this.later());
    lines.once("close", () => {
      this.served.delete(lines);
      this.isLeft = this.served.size === 0;
    });
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  private later(): void {
    setTimeout(() => this.askIfWanted(), calm);
  }

  private askIfWanted(): void {
    if (!this.isRead || this.isAsking || this.destroyed || !this.isWanted()) return;
    this.isAsking = true;
    this.question(this.isReadToEnd() ? "(an empty answer ends the input) " : "").then(
      (answer) => {
        this.isAsking = false;
        this.isRead = false;
        // Who reads to the end would ask for ever.
        this.push(answer === "" && this.isReadToEnd() ? null : `${answer}\n`);
      },
      (error) => {
        endCell(error);
        this.destroy();
      },
    );
  }

  /** Somebody waits for the end, such as `for await` or `text` of `node:stream/consumers`; an interface does, too. */
  private isReadToEnd(): boolean {
    return this.served.size === 0 && this.listenerCount("end") > 0;
  }

  /** An interface by itself reads on and on; only who listens to its lines or keys wants another one. */
  private isWanted(): boolean {
    // Of the cell that runs now: what an earlier one has left behind asks nobody.
    if (currentCell() !== runningCell()) return false;
    if (this.listenerCount("readable") > 0) return true;
    if (this.isPaused()) return false;
    // An interface listens to the data itself.
    if (this.listenerCount("data") > this.served.size) return true;
    const listens = [...this.served].some((lines) => lines.listenerCount("line") > 0);
    return listens || this.listenerCount("keypress") > this.served.size;
  }
}
