import { basename, dirname, join, posix, resolve } from "node:path";
import { hasAll, requireArgument, requirePath } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { requireKnownNames } from "../../core/options/option-names.js";
import { packageRoot } from "../../core/package-root.js";
import type { ResolvedCluster } from "./cluster.js";
import { quoteWord } from "./shell-words.js";

/** How one node is started. */
export interface NodeCommand {
  readonly node: string;
  /** 0 for the master. */
  readonly nodeRank: number;
  /** Absolute path of the run folder on the node; absent in runs that an earlier version recorded. */
  readonly folder?: string;
  readonly argv: readonly string[];
  /** Variables to add to (or replace in) the environment of the process that starts it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What a node's command depends on besides the plan. */
export interface CommandPlace {
  /** `runs/<name>`; made absolute. */
  readonly runFolder: string;
  /** Number of the start within the run, from 1. */
  readonly attempt: number;
  /** Further arguments of `run_mindformer.py`: `{ "runner_config.epochs": "2" }` becomes `--runner_config.epochs 2`. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Environment of the launching process, for its PATH. Default: this process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * MindFormers splits the arguments that it doesn't declare at every "=", so such values can't be given on its command
 * line.
 */
function overrideArguments(overrides: Readonly<Record<string, string>>): string[] {
  return Object.entries(overrides).flatMap(([key, value]) => {
    if (/^[A-Za-z_][\w.]*$/.test(key) && !(key.includes(".") && value.includes("=")) && !value.startsWith("--"))
      return [`--${key}`, value];
    throw new LabError(
      "ARGUMENT_INVALID",
      `override ${key}: MindFormers' command line can't take the value ${JSON.stringify(value)}`,
      {
        hint: `set it in the configuration: config.set("${key}", …)`,
        details: { key, value },
      },
    );
  });
}

/** What a node's command takes from the plan. */
export interface CommandSettings {
  readonly cluster: ResolvedCluster;
  /** Names the folder for compiled graphs; equal for configurations that compile to the same graph. */
  readonly graphKey: string;
  /** Further variables of every node's workers. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** True if other machines are started by this project, with an engine layer that is sent to them. */
function isRemote(cluster: ResolvedCluster): boolean {
  return cluster.access !== undefined && cluster.access.via !== "local";
}

/** Run folder on the nodes: in `workDir` if there is one, else at the same path as on the launching machine. */
export function nodeFolder(cluster: ResolvedCluster, runFolder: string): string {
  const folder = resolve(runFolder);
  const { workDir } = cluster.access ?? {};
  return workDir === undefined || !isRemote(cluster) ? folder : posix.join(workDir, basename(folder));
}

/** Folder of the engine layer that a node is sent, relative to the run folder on the node. */
export function nodeEngineFolder(nodeRank: number): string {
  return posix.join("nodes", `node-${nodeRank}`, "engine");
}

function environmentOf(settings: CommandSettings, place: CommandPlace, logFolder: string): Record<string, string> {
  const { cluster, graphKey } = settings;
  const runFolder = nodeFolder(cluster, place.runFolder);
  const path = (place.environment ?? process.env).PATH;
  const always = {
    // A node of its own puts the folder of its Python before its own PATH.
    ...(!isRemote(cluster) && {
      PATH: path ? `${dirname(cluster.python)}:${path}` : dirname(cluster.python),
    }),
    // MindFormers takes storage for shared if all ranks fit on one node, for which it assumes 8 devices.
    ...(isRemote(cluster) && { DEVICE_NUM_PER_NODE: String(cluster.devicesPerNode) }),
    MF_LAB_RUN: runFolder,
    LOG_MF_PATH: join(logFolder, "mindformers"),
    ...settings.environment,
  };
  if (cluster.device === "Ascend") return always;
  const cache = join(dirname(runFolder), ".compiler-cache", graphKey);
  return { ...always, MS_COMPILER_CACHE_ENABLE: "1", MS_COMPILER_CACHE_PATH: cache };
}

/**
 * msrun takes itself for node 0 where it owns the master's address, so further nodes of one machine start it
 * differently.
 */
function launcherWords(cluster: ResolvedCluster, nodeRank: number, engine: string): string[] {
  if (cluster.access?.via === "this-machine" && nodeRank > 0) return [cluster.python, join(engine, "further_node.py")];
  return [join(dirname(cluster.python), "msrun")];
}

/**
 * The `msrun` call of every node: rank of worker i = node_rank · local_worker_num + i. A single node has no node_rank.
 */
export function nodeCommands(settings: CommandSettings, place: CommandPlace): NodeCommand[] {
  const example = 'plan.commands({ runFolder: "runs/first", attempt: 1 })';
  const expected = "an object with runFolder and attempt";
  const isPlace = hasAll(place, "runFolder", "attempt");
  requireArgument(isPlace, { call: "plan.commands, place", expected, found: place, example });
  requireKnownNames(place, "plan.commands", ["runFolder", "attempt", "overrides", "environment"]);
  requirePath(place.runFolder, "plan.commands, runFolder", example);
  const { cluster } = settings;
  const remote = isRemote(cluster);
  const folder = nodeFolder(cluster, place.runFolder);
  const attempt = join(folder, "logs", `attempt-${place.attempt}`);
  const several = cluster.nodes.length > 1;
  const overrides = overrideArguments(place.overrides ?? {});
  return cluster.nodes.map((node, nodeRank) => {
    const logFolder = join(attempt, `node-${nodeRank}`);
    const engine = remote ? join(folder, nodeEngineFolder(nodeRank)) : join(packageRoot(), "extensions", "engine");
    return {
      node,
      nodeRank,
      folder,
      environment: environmentOf(settings, place, logFolder),
      argv: [
        ...launcherWords(cluster, nodeRank, engine),
        `--worker_num=${cluster.devices}`,
        `--local_worker_num=${cluster.devicesPerNode}`,
        `--master_addr=${cluster.access?.masterAddress ?? cluster.nodes[0]}`,
        `--master_port=${cluster.port}`,
        ...(several ? [`--node_rank=${nodeRank}`] : []),
        `--log_dir=${logFolder}`,
        "--join=True",
        `--cluster_time_out=${several ? 7200 : 600}`,
        ...(cluster.device === "Ascend" ? ["--bind_core=True"] : []),
        join(engine, "run_mindformer.py"),
        "--config",
        join(folder, "config.yaml"),
        "--output_dir",
        join(folder, "output"),
        ...overrides,
      ],
    };
  });
}

/**
 * The commands as text for a terminal, for people to read and copy; programs use argv and environment. PATH is shown as
 * a prefix.
 */
export function shellText(commands: readonly NodeCommand[], python: string): string {
  const several = commands.length > 1;
  const blocks = commands.map(({ node, nodeRank, argv, environment }) => {
    const variables = Object.entries(environment).map(([name, value]) =>
      name === "PATH" ? `PATH=${quoteWord(dirname(python))}:"$PATH"` : `${name}=${quoteWord(value)}`,
    );
    const line = [...variables, ...argv.map(quoteWord)].join(" ");
    return several ? `# on ${node} (node_rank ${nodeRank})\n${line}` : line;
  });
  return blocks.join("\n");
}
