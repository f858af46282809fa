import { quoteWord } from "../command/shell-words.js";

export interface SlurmJob {
  readonly name: string;
  readonly nodes: number;
  /** File for what the batch script prints; `%j` is the job's number. */
  readonly output: string;
  readonly partition?: string | undefined;
  readonly account?: string | undefined;
  readonly timeLimit?: string | undefined;
  readonly gres?: string | undefined;
  /** Further words of sbatch, each quoted where it needs to be. */
  readonly more?: readonly string[];
  /** Lines after those that find the master. */
  readonly body: readonly string[];
}

/**
 * A batch script of Slurm: one task per node; the first node of the job is the master, with its name in MASTER_ADDR.
 */
export function slurmJobText(job: SlurmJob): string {
  const { name, nodes, output, partition, account, timeLimit, gres, more = [], body } = job;
  const directives = [
    `--job-name=${name}`,
    `--nodes=${nodes}`,
    "--ntasks-per-node=1",
    "--exclusive",
    `--output=${quoteWord(output)}`,
    ...(gres === undefined ? [] : [`--gres=${quoteWord(gres)}`]),
    ...(partition === undefined ? [] : [`--partition=${quoteWord(partition)}`]),
    ...(account === undefined ? [] : [`--account=${quoteWord(account)}`]),
    ...(timeLimit === undefined ? [] : [`--time=${quoteWord(timeLimit)}`]),
    ...more,
  ];
  return [
    "#!/usr/bin/env bash",
    ...directives.map((directive) => `#SBATCH ${directive}`),
    "set -euo pipefail",
    "# The first node of the job is the master; Slurm numbers the nodes in the same order (SLURM_NODEID).",
    'mapfile -t hosts < <(scontrol show hostnames "$SLURM_JOB_NODELIST")',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
    'export MASTER_ADDR="${hosts[0]}"',
    `[ "\${#hosts[@]}" -eq ${nodes} ] || { echo "expected ${nodes} nodes, found \${#hosts[@]}" >&2; exit 1; }`,
    ...body,
    "",
  ].join("\n");
}
