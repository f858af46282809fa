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
  readonly attempt: number;
  /** Folder of the nodes' requests. */
  readonly requests: string;
  /** The node program as one file. */
  readonly program: string;
  readonly cluster: ResolvedCluster;
}

/** File that the batch script writes when Slurm's time limit is near. */
export function limitFile(folder: string, attempt: number): string {
  return join(folder, "control", `time-limit-${attempt}`);
}

/**
 * The batch script of one attempt: what `eject("slurm")` writes, with the node program beside msrun. Ahead of the
 * time limit Slurm
 * signals the script (only the script: the signal would end the workers), which then asks the engine for a checkpoint.
 */
export function jobScript({ name, folder, attempt, requests, program, cluster }: RunJob): string {
  const { slurm = {}, setup } = cluster.access ?? {};
  const seconds = Math.round(parseDuration(slurm.saveBefore ?? "5m", "cluster.slurm.saveBefore") / 1000);
  const task = [cluster.python, program, "task", folder, requests].map(quoteWord).join(" ");
  const sourced = setup === undefined ? task : `bash -c 'source "$0" 1>&2 && exec "$@"' ${quoteWord(setup)} ${task}`;
  const control = join(folder, "control", "graceful_exit.json");
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
      slurm.requeue ? "--requeue" : "--no-requeue",
      ...(slurm.qos === undefined ? [] : [`--qos=${quoteWord(slurm.qos)}`]),
      ...(slurm.extra ?? []),
    ],
    body: [
      "# A node's name that does not resolve: Slurm knows the address.",
      `getent hosts "$MASTER_ADDR" > /dev/null || MASTER_ADDR="$(scontrol show node "$MASTER_ADDR" | sed -n ` +
        `'s/.*NodeAddr=\\([^ ]*\\).*/\\1/p')"`,
      "save() {",
      `  touch ${quoteWord(limitFile(folder, attempt))}`,
      `  echo '{"GracefulExit": ` +
        `1}' > ${quoteWord(`${control}.new`)} && mv ${quoteWord(`${control}.new`)} ${quoteWord(control)}`,
      "}",
      "trap save USR1",
      `srun --ntasks-per-node=1 --kill-on-bad-exit=1 ${sourced} &`,
      "# A signal ends `wait`, not srun.",
      "code=0",
      "while kill -0 $! 2> /dev/null; do code=0; wait $! || code=$?; done",
      "exit $code",
    ],
  });
}
