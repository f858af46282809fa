/** Where a job of Slurm stands. */
export interface JobState {
  /** Slurm's word, such as `PENDING`, `RUNNING`, `TIMEOUT`. */
  readonly state: string;
  /** Why it waits or ended, in Slurm's word; empty for `None`. */
  readonly reason: string;
  /** Compressed list of nodes, such as `n[0-3]`; empty while it waits. */
  readonly nodeList: string;
  readonly exitCode?: number;
  /** Number of the signal that ended it. */
  readonly signal?: number;
  readonly timeLimit?: string;
}

const ends = [
  "COMPLETED",
  "FAILED",
  "CANCELLED",
  "TIMEOUT",
  "PREEMPTED",
  "NODE_FAIL",
  "OUT_OF_MEMORY",
  "BOOT_FAIL",
  "DEADLINE",
  "REVOKED",
];

/** True for a job of which nothing runs any more. */
export function hasEnded({ state }: JobState): boolean {
  return ends.includes(state);
}

/** True for a job whose nodes are chosen and whose tasks run, or are being ended. */
export function hasNodes({ state, nodeList }: JobState): boolean {
  return nodeList !== "" && ["RUNNING", "COMPLETING", "SUSPENDED", "STOPPED"].includes(state);
}

function word(text: string | undefined): string {
  return text === undefined || text === "None" || text === "(null)" || text === "N/A" ? "" : text;
}

/** Reads a line of `squeue -h -o "%T|%r|%N"`; undefined if the queue does not have the job. Pure. */
export function parseQueue(text: string): JobState | undefined {
  const [line = ""] = text.trim().split("\n");
  const [state, reason, nodeList] = line.split("|");
  return state === undefined || state === "" ? undefined : { state, reason: word(reason), nodeList: word(nodeList) };
}

/** Reads `scontrol show job -o`; undefined if Slurm has forgotten the job. Pure. */
export function parseJob(text: string): JobState | undefined {
  const field = (name: string) => new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(text)?.[1];
  const state = field("JobState");
  if (state === undefined) return undefined;
  const [code, signal] = (field("ExitCode") ?? "").split(":").map(Number);
  const timeLimit = field("TimeLimit");
  return {
    state,
    reason: word(field("Reason")),
    nodeList: word(field("NodeList")),
    ...(code !== undefined && Number.isInteger(code) && { exitCode: code }),
    ...(signal !== undefined && signal > 0 && { signal }),
    ...(timeLimit !== undefined && { timeLimit }),
  };
}

/** Reads the first line of `sacct -n -P -o State,ExitCode`; undefined if there is no accounting, or not yet. Pure. */
export function parseAccounting(text: string): JobState | undefined {
  const [line = ""] = text.trim().split("\n");
  const [state, exit = ""] = line.split("|");
  if (state === undefined || state === "") return undefined;
  const [code, signal] = exit.split(":").map(Number);
  return {
    state: state.split(" ")[0] as string,
    reason: "",
    nodeList: "",
    ...(code !== undefined && Number.isInteger(code) && { exitCode: code }),
    ...(signal !== undefined && signal > 0 && { signal }),
  };
}

const waiting: Readonly<Record<string, string>> = {
  Resources: "for nodes to become free",
  Priority: "behind jobs of higher priority",
  Dependency: "for another job to end",
  BeginTime: "for its begin time",
  PartitionDown: "its partition is down",
  PartitionNodeLimit: "its partition allows fewer nodes",
  PartitionTimeLimit: "its partition allows less time",
  PartitionConfig: "its partition can never run it as requested",
  ReqNodeNotAvail: "a node that it needs is down, drained, or reserved",
  JobHeldUser: "held by the user: scontrol release <job>",
  JobHeldAdmin: "held by an administrator",
  QOSMaxJobsPerUserLimit: "for other jobs of yours: the QOS allows no more at a time",
  AssocGrpCpuLimit: "for other jobs of your account",
};

/** Why a job waits, in words with Slurm's own behind them. Pure. */
export function waitingWords(id: string, { state, reason }: JobState): string {
  const known = waiting[reason.split(/[,(]/)[0] as string];
  const why = known === undefined ? "" : ` ${known}`;
  return `job ${id} waits in Slurm's queue${why} (${reason === "" ? state : reason})`;
}

const meanings: Readonly<Record<string, (job: JobState) => string>> = {
  TIMEOUT: ({ timeLimit }) => `Slurm ended the job at its time limit${timeLimit ? ` of ${timeLimit}` : ""}`,
  PREEMPTED: () => "Slurm ended the job for another one (preempted)",
  NODE_FAIL: () => "a node of the job failed",
  OUT_OF_MEMORY: () => "a process of the job used more memory than Slurm allows (out of memory)",
  CANCELLED: () => "the job was cancelled (scancel)",
  BOOT_FAIL: () => "a node of the job did not boot",
  DEADLINE: () => "Slurm ended the job at its deadline",
  REVOKED: () => "the job was given to another cluster",
};

/** What Slurm's end of a job means; undefined where the engine's own end says more. Pure. */
export function endReason(job: JobState): string | undefined {
  return meanings[job.state]?.(job);
}
