export interface ParentProbe {
  /** Id of the process that is our parent now (1 or a reaper once the real one has ended). */
  readonly currentParent: () => number;
  /** Throws if the process does not exist, like `process.kill(pid, 0)`. */
  readonly signal: (pid: number) => void;
}

const processProbe: ParentProbe = {
  currentParent: () => process.ppid,
  signal: (pid) => process.kill(pid, 0),
};

/**
 * Returns a function that says whether the process `pid` (JPY_PARENT_PID) is gone. If it is our parent, being given to
 * another parent is the sign, which also holds when it is not reaped or its id is used again; otherwise it is asked for
 * by its id.
 */
export function createParentCheck(pid: number, probe: ParentProbe = processProbe): () => boolean {
  const isOwnParent = probe.currentParent() === pid;
  return () => {
    if (isOwnParent) return probe.currentParent() !== pid;
    try {
      probe.signal(pid);
      return false;
    } catch (error) {
      // EPERM: it exists but belongs to somebody else.
      return !(error instanceof Error && "code" in error && error.code === "EPERM");
    }
  };
}

/** The value of JPY_PARENT_PID as a process id; undefined if there is none or it is not one. */
export function parseParentPid(value: string | undefined): number | undefined {
  return value !== undefined && /^[1-9]\d{0,9}$/.test(value) && Number(value) > 1 ? Number(value) : undefined;
}
