import { posix } from "node:path";
import type { NodeCommand } from "../../plan/command/command.js";

/** Value of an `--name=value` option of msrun. */
export function launcherOption(command: NodeCommand, name: string): string | undefined {
  const start = `--${name}=`;
  return command.argv.find((word) => word.startsWith(start))?.slice(start.length);
}

/** The same command with another value for one of msrun's options. */
export function withLauncherOption(command: NodeCommand, name: string, value: string): NodeCommand {
  const start = `--${name}=`;
  return { ...command, argv: command.argv.map((word) => (word.startsWith(start) ? start + value : word)) };
}

/** Ranks that a node's msrun starts: `node_rank · local_worker_num` and the following ones. */
export function ranksOf(command: NodeCommand): readonly number[] {
  const local = Number(launcherOption(command, "local_worker_num") ?? launcherOption(command, "worker_num") ?? 1);
  const first = command.nodeRank * local;
  return Array.from({ length: local }, (_, index) => first + index);
}

/**
 * With MindSpore's fault tolerance MindFormers looks for the files of a resume by the strategy files of the run that
 * saved them, in `output`.
 */
export function strategyOverride(command: NodeCommand, output: string): Readonly<Record<string, string>> {
  const tolerant = /(TTP|UCE|ARF|HCCE):1/.test(command.environment.MS_ENABLE_TFT ?? "");
  return tolerant ? { src_strategy_path_or_dir: posix.join(output, "strategy") } : {};
}
