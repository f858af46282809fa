import type { NodeCommand } from "../../../plan/command/command.js";
import {
  attemptVariable,
  controlVariable,
  idMarker,
  runMarker,
  runPaths,
  stacksVariable,
} from "../../record/layout.js";
import { ranksOf } from "../../record/node-command.js";
import type { RunFile } from "../../record/run-file.js";
import type { NodeEnd, RunNode } from "../node.js";

/** The command with what every process of the run has in its environment. */
export function marked(command: NodeCommand, file: RunFile, folder: string): NodeCommand {
  const paths = runPaths(folder);
  const environment = {
    ...command.environment,
    [runMarker]: folder,
    ...(file.id !== undefined && { [idMarker]: file.id }),
    [attemptVariable]: String(file.attempt),
    [controlVariable]: paths.gracefulExit,
    [stacksVariable]: paths.stacks,
  };
  return { ...command, environment };
}

/** Path below the run folder of the configuration that a recovery changed for this attempt; undefined without one. */
export function changedConfig({ commands }: RunFile, nodeRank: number): string | undefined {
  const argv = commands.find((command) => command.nodeRank === nodeRank)?.argv ?? [];
  return /control\/config-\d+\.yaml$/.exec(argv[argv.indexOf("--config") + 1] ?? "")?.[0];
}

/** Ranks that run on these nodes, with their node. */
export function rankNodes(file: RunFile, nodes: readonly RunNode[]): ReadonlyMap<number, RunNode> {
  return new Map(
    nodes.flatMap((node) => {
      const command = file.commands.find(({ nodeRank }) => nodeRank === node.nodeRank);
      return command ? ranksOf(command).map((rank) => [rank, node] as const) : [];
    }),
  );
}

/** The end that says most: a signal or an exit code other than 0, else any. */
export function worstEnd(ends: readonly NodeEnd[]): NodeEnd | undefined {
  const bad = ends.filter(({ exitCode, signal }) => signal !== undefined || (exitCode ?? 0) !== 0);
  return ends.find(({ reason }) => reason !== undefined) ?? bad[0] ?? ends[0];
}
