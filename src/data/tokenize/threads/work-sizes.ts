/** How much text is worked on at a time. */
export interface WorkSizes {
  /** Bytes that may be under way together: what an interruption loses at most. */
  readonly chunkBytes: number;
  /** Bytes that a thread gets at a time. */
  readonly partBytes: number;
}

/** Parts that a thread has: one in work, one that waits, so that it is never idle while a finished part is written. */
export const partsPerThread = 2;
/** Stretches of a part. */
const stretchesPerPart = 4;
const smallestStretch = 128 * 1024;
/** Stretches of the whole input. Each takes about 200 bytes of memory, whatever the size of the text. */
const mostStretches = 32_768;
/**
 * Up to this much text the calling thread is one of those that tokenize; more, and it would be late too often with
 * what it does for the others.
 */
export const mostBytesHere = 32 * 1024 * 1024;

/**
 * Bytes between two places where a text may be cut. Does not depend on the number of threads, so that a preparation
 * can go on with another one. With a small chunk they lie so close that 16 stretches can be under way.
 */
export function stretchBytes(inputBytes: number, chunkBytes = Number.POSITIVE_INFINITY): number {
  const wanted = Math.max(smallestStretch, Math.ceil(inputBytes / mostStretches));
  return Math.max(1, Math.min(wanted, Math.floor(chunkBytes / (2 * stretchesPerPart * partsPerThread))));
}

/**
 * Sizes for a number of threads. `chunkBytes` undefined: two parts for each thread, 1 MiB of text per thread for
 * inputs of up to 4 GiB.
 */
export function workSizes(
  workers: number,
  { inputBytes, chunkBytes }: { readonly inputBytes: number; readonly chunkBytes: number | undefined },
): WorkSizes {
  const largest = stretchesPerPart * stretchBytes(inputBytes, chunkBytes);
  const parts = workers * partsPerThread;
  const chunk = chunkBytes ?? parts * largest;
  return { chunkBytes: chunk, partBytes: Math.max(1, Math.min(largest, Math.floor(chunk / parts))) };
}
