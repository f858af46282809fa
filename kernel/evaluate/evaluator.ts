import type { Failure } from "../report/failure.js";

/** What the kernel needs of an evaluator: `run/cell-evaluator.ts` by default, `tslab/evaluator.ts` as fallback. */
export interface Evaluator {
  /**
   * Runs one cell; never rejects. The caller sets the cell context (AsyncLocalStorage) around it and runs one cell at a
   * time.
   */
  execute(code: string): Promise<Outcome>;
  /**
   * `cursor` counts UTF-16 code units, as everywhere in this interface; `channels/` converts from and to Unicode code
   * points.
   */
  complete(code: string, cursor: number): Promise<Completion>;
  inspect(code: string, cursor: number, detail: 0 | 1): Promise<Inspection | undefined>;
  isComplete(code: string): Promise<Completeness>;
  /**
   * Makes the running cell fail with `KeyboardInterrupt` at its next loop turn or await; state of earlier cells
   * survives.
   */
  interrupt(): void;
  close(): void;
}

export type Outcome =
  | {
      readonly status: "ok" /** Present if the cell ends in an expression whose value is not undefined. */;
      readonly result?: { readonly value: unknown };
    }
  | { readonly status: "error"; readonly failure: Failure };

export interface Completion {
  readonly matches: readonly {
    readonly text: string;
    readonly kind: string;
    readonly type?: string;
  }[];
  readonly start: number;
  readonly end: number;
}

export interface Inspection {
  readonly text: string;
  readonly markdown: string;
}

export type Completeness =
  | { readonly status: "complete" | "invalid" | "unknown" }
  | { readonly status: "incomplete"; readonly indent: string };

export interface EvaluatorOptions {
  /** Cells import from here first; relative imports start here. */
  readonly workingDirectory: string;
  /**
   * Where imports are looked up after the user's own folders: each a package (has a package.json) or a folder of
   * packages (like node_modules).
   */
  readonly packages: readonly string[];
  /**
   * Element 0 is set to 1 by the thread that receives interrupt requests and set to 0 by whoever begins a cell and by
   * the evaluator when a cell is over; loops of cells read it at every turn, and a cell that begins while it is 1 is
   * interrupted at once. That thread then also causes `interrupt()` on the main thread (for cells that await) and may
   * send SIGINT to the process (for synchronous code without loops).
   */
  readonly interruptFlag: Int32Array;
  /** A debugger that wants to see every cell before it runs. */
  readonly debugging?: { isOn(): boolean; cellBegins(script: string): Promise<void> };
}
