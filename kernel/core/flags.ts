/** Flags that the threads of the kernel share: elements of one Int32Array. */
export const flagIndex = {
  /** 1: the running cell shall stop; loops of cells read it. */
  interrupt: 0,
  /** 1: the sockets are closed, the process may exit. */
  closed: 1,
  /** Above 0: the main thread waits for a child process that it started synchronously. */
  blocking: 2,
  /** 1: a debugger is on; cells wait for their breakpoints before they run. */
  debugging: 3,
  /** 1: what the main thread waits for lies in the port of answers. */
  answered: 4,
  /** 1: the protocol thread may be about to send this process SIGINT. */
  signaling: 5,
} as const;

/** Bytes of the buffer that holds the flags. */
export const flagBytes = 4 * Object.keys(flagIndex).length;
