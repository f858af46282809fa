import { writeSync } from "node:fs";

/** Node's own, also when the output of cells takes the place of what `node:fs` exports. */
const write = writeSync;
let descriptor = 2;

/** Where the log of this thread goes from now on: once the descriptor 2 belongs to cells. */
export function logTo(other: number): void {
  descriptor = other;
}

/**
 * One line on the kernel's own stderr, where Jupyter's log is. Not `process.stderr`: that belongs to the cells, and on
 * a worker thread it would need the main thread.
 */
export function log(message: string): void {
  try {
    write(descriptor, `[mindformers-lab kernel] ${message}\n`);
  } catch {
    // Nobody reads stderr (any more); the kernel works without.
  }
}

/** A log for what a stranger can cause as often as he likes: the first few lines, then one in a thousand. */
export function createSparseLog(write: (message: string) => void = log, first = 20): (message: string) => void {
  let count = 0;
  return (message) => {
    count += 1;
    if (count <= first) write(message);
    else if (count % 1000 === 0) write(`${message} (${count} of this kind so far)`);
  };
}
