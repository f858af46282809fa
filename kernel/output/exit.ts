import { currentCell } from "../cell/cell-context.js";

const exit = process.exit.bind(process);

/** Ends the kernel, whoever calls. */
export function exitKernel(code: number): never {
  return exit(code);
}

/** What `process.exit` throws in a cell. */
class ProcessExit extends Error {
  readonly hint = "to end the kernel: Kernel → Shut Down Kernel";

  constructor(code: number | string | null | undefined) {
    super(`process.exit(${code ?? ""}) was called; the kernel continues`);
    this.name = "ProcessExit";
  }
}

/**
 * `process.exit` in a cell (or in a library that a cell calls) ends the cell and not the kernel with everything in it,
 * as `sys.exit` does in Python.
 */
export function installExit(): void {
  process.exit = (code) => {
    if (currentCell() === undefined) return exit(code);
    throw new ProcessExit(code);
  };
}
