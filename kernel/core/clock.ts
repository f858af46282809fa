/**
 * Milliseconds of a clock that only goes forward. Not `performance.now()`: the first use of `performance` loads eight
 * modules of Node, which takes one millisecond of the kernel's start in each thread.
 */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
