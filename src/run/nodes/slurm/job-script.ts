import { join } from "node:path";
import { parseDuration } from "../../../core/units.js";
import type { ResolvedCluster } from "../../../plan/command/cluster.js";
import { quoteWord } from "../../../plan/command/shell-words.js";
import { slurmJobText } from "../../../plan/eject/slurm-job.js";

/** What a batch script of a run is made from. */
export interface RunJob {
  readonly name: string;
  /** Run folder, the same on every node. */
  readonly folder: string;
  /** First attempt of the job. */
  readonly attempt: number;
  /** The node program as one file. */
  readonly program: string;
  readonly cluster: ResolvedCluster;
  /** The job keeps its nodes after an attempt that failed, for the next one. */
  readonly holds: boolean;
}

/** How long a job waits for its next attempt, in seconds. */
export const holdSeconds = 900;

/** File that the batch script writes when Slurm's time limit is near. */
export function limitFile(folder: string, attempt: number): string {
  return join(folder, "control", `time-limit-${attempt}`);
}

/**
 * The batch script of a job: what `eject("slurm")` writes, with the node program beside msrun. Ahead of the time limit
 * Slurm signals the script (only the script: the signal would end the workers), which then asks the engine for a
 * checkpoint. Slurm runs the script from its beginning again after a requeue.
 */
export function jobScript({ name, folder, attempt, program, cluster, holds }: RunJob): string {
  const { slurm = {} } = cluster.access ?? {};
  const seconds = Math.round(parseDuration(slurm.saveBefore ?? "5m", "cluster.slurm.saveBefore") / 1000);
  const task = taskWords(folder, program, cluster);
  return slurmJobText({
    name,
    nodes: cluster.nodes.length,
    output: join(folder, "slurm", `attempt-${attempt}`, "job-%j.log"),
    partition: slurm.partition,
    account: slurm.account,
    timeLimit: slurm.time,
    gres: slurm.gres,
    more: [
      `--signal=B:USR1@${seconds}`,
      "--open-mode=append",
      slurm.requeue ? "--requeue" : "--no-requeue",
      ...(slurm.qos === undefined ? [] : [`--qos=${quoteWord(slurm.qos)}`]),
      ...(slurm.extra ?? []),
    ],
    body: [
      "# A node's name that does not resolve: Slurm knows the address.",
      `getent hosts "$MASTER_ADDR" > /dev/null || MASTER_ADDR="$(scontrol show node "$MASTER_ADDR" | sed -n ` +
        `'s/.*NodeAddr=\\([^ ]*\\).*/\\1/p')"`,
      ...savingLines(folder),
      ...attemptLines(folder, attempt),
      "while :; do",
      `  touch "$place/attempt-$attempt/started"`,
      `  srun --job-name="attempt-$attempt" --ntasks-per-node=1 --kill-on-bad-exit=1 ${task} &`,
      "  # A signal ends `wait` with a code above 128, not srun. `wait` knows the code of an srun that has ended, too.",
      "  code=",
      '  until [ -n "$code" ]; do',
      "    signaled=",
      "    code=0; wait $! || code=$?",
      '    [ -z "$signaled" ] || [ "$code" -le 128 ] || code=',
      "  done",
      ...(holds ? holdingLines : ["  exit $code"]),
      "done",
    ],
  });
}

function taskWords(folder: string, program: string, { access, python }: ResolvedCluster): string {
  const words = [python, program, "task", folder].map(quoteWord).join(" ");
  const task = `${words} "$place/attempt-$attempt"`;
  const { setup } = access ?? {};
  return setup === undefined ? task : `bash -c 'source "$0" 1>&2 && exec "$@"' ${quoteWord(setup)} ${task}`;
}

function savingLines(folder: string): string[] {
  const control = join(folder, "control", "graceful_exit.json");
  const [next, final] = [quoteWord(`${control}.new`), quoteWord(control)];
  return [
    "limited=",
    "save() {",
    "  limited=yes signaled=yes",
    `  touch ${quoteWord(join(folder, "control"))}"/time-limit-$attempt"`,
    `  echo '{"GracefulExit": 1}' > ${next} && mv ${next} ${final}`,
    "}",
    "trap save USR1",
  ];
}

/** The attempt to run: the first one that was not started. Only a job that was requeued finds a later one. */
function attemptLines(folder: string, first: number): string[] {
  return [
    `place=${quoteWord(join(folder, "slurm"))}`,
    `attempt=${first}`,
    `while [ -e "$place/attempt-$attempt/started" ]; do attempt=$((attempt + 1)); done`,
    "# Waits until the supervisor has described the attempt for this job; fails if none follows.",
    "described() {",
    `  local last="$place/attempt-$((attempt - 1))" until=$((SECONDS + ${holdSeconds}))`,
    `  until grep -qs "\\"id\\":\\"$SLURM_JOB_ID\\"" "$place/attempt-$attempt/job.json"; do`,
    '    [ -z "$limited" ] && [ ! -e "$last/released" ] && [ "$SECONDS" -lt "$until" ] || return 1',
    "    sleep 1",
    "  done",
    "}",
    `if [ "$attempt" -gt ${first} ]; then`,
    `  last="$place/attempt-$((attempt - 1))/ended"`,
    `  [ -e "$last" ] || echo requeued > "$last"`,
    "  described || exit 1",
    "fi",
  ];
}

/** The pause leaves Slurm the time to end a job whose tasks it has ended: then its own word counts. */
const holdingLines = [
  `  if [ "$code" -eq 0 ] || [ -n "$limited" ]; then exit "$code"; fi`,
  "  sleep 2",
  '  echo "$code" > "$place/attempt-$attempt/ended"',
  "  attempt=$((attempt + 1))",
  '  described || exit "$code"',
];
