import { dirname, posix } from "node:path";
import type { Config } from "../../config/config.js";
import type { SlurmOptions } from "../command/cluster.js";
import type { NodeCommand } from "../command/command.js";
import { quoteWord } from "../command/shell-words.js";
import type { EjectSettings } from "./options.js";

/** What the texts of all targets are made from. */
export interface EjectSource {
  readonly config: Config;
  readonly device: "CPU" | "Ascend";
  readonly devices: number;
  readonly devicesPerNode: number;
  readonly nodes: readonly string[];
  readonly port: number;
  readonly python: string;
  /** Slurm options of the plan's cluster; none without `via: "slurm"`. */
  readonly slurm: SlurmOptions;
  /** As `plan.commands` gives them for the run folder. */
  readonly commands: readonly NodeCommand[];
}

/** Paths that an ejected training uses. */
export interface EjectPlaces {
  readonly config: string;
  readonly output: string;
  readonly logs: string;
  /** `run_mindformer.py`. */
  readonly program: string;
}

/** On Ascend MindFormers' own program; on CPU this project's, which replaces what MindSpore can't do there. */
export function placesOf(source: EjectSource, settings: EjectSettings): EjectPlaces {
  const own = source.commands[0]?.argv.find((word) => word.endsWith("run_mindformer.py")) ?? "run_mindformer.py";
  return {
    config: posix.join(settings.folder, "config.yaml"),
    output: posix.join(settings.folder, "output"),
    logs: posix.join(settings.folder, "logs"),
    program: source.device === "CPU" ? own : posix.join(settings.mindformers, "run_mindformer.py"),
  };
}

/**
 * Lines that find MindSpore's programs: a variable that the user of another machine sets, with a check that names it.
 * Its default is the environment of the plan.
 */
function programLines(source: EjectSource): string[] {
  const folder = quoteWord(dirname(source.python));
  const missing = "$(hostname): no msrun in $PYTHON_BIN: set PYTHON_BIN";
  return [
    "# The bin folder of the Python environment with MindSpore and MindFormers, the same on every node.",
    `PYTHON_BIN=\${PYTHON_BIN:-${folder}}`,
    'export PATH="$PYTHON_BIN:$PATH"',
    `command -v msrun > /dev/null || { echo "${missing}" >&2; exit 1; }`,
  ];
}

/**
 * Lines that set the environment of a node's workers. `path`: put the plan's Python first, for machines (a container
 * has its own).
 */
export function environmentLines(source: EjectSource, settings: EjectSettings, path: boolean): string[] {
  const { logs } = placesOf(source, settings);
  const cache = source.commands[0]?.environment.MS_COMPILER_CACHE_PATH;
  return [
    ...(path ? programLines(source) : []),
    ...(source.device === "CPU" ? [] : [`export PYTHONPATH=${quoteWord(settings.mindformers)}:"\${PYTHONPATH:-}"`]),
    `export LOG_MF_PATH=${quoteWord(posix.join(logs, "mindformers"))}`,
    ...toleranceLines(source.commands[0]?.environment ?? {}),
    ...(cache === undefined
      ? []
      : [
          "export MS_COMPILER_CACHE_ENABLE=1",
          `export MS_COMPILER_CACHE_PATH=${quoteWord(posix.join(settings.folder, "compiler-cache"))}`,
        ]),
  ];
}

/** Fault tolerance; where the scheduler chooses the nodes, the controller is on the first one. */
function toleranceLines(environment: Readonly<Record<string, string>>): string[] {
  const lines = ["MS_ENABLE_TFT", "MINDIO_FOR_MINDSPORE", "MS_TFT_PORT"].flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [`export ${name}=${quoteWord(value)}`];
  });
  const address = environment.MS_TFT_IP;
  return address === undefined ? lines : [...lines, `export MS_TFT_IP="\${MASTER_ADDR:-${address}}"`];
}

/** Values of a node, as shell text: literal words, or variables that the scheduler fills in. */
export interface NodeWords {
  readonly master: string;
  readonly rank: string;
  readonly config?: string;
}

/** The words of a node's `msrun` call, quoted for a shell. */
export function msrunWords(source: EjectSource, settings: EjectSettings, node: NodeWords): string[] {
  const places = placesOf(source, settings);
  const several = source.nodes.length > 1;
  return [
    "msrun",
    `--worker_num=${source.devices}`,
    `--local_worker_num=${source.devicesPerNode}`,
    `--master_addr=${node.master}`,
    `--master_port=${source.port}`,
    ...(several ? [`--node_rank=${node.rank}`] : []),
    `--log_dir=${quoteWord(places.logs)}`,
    "--join=True",
    `--cluster_time_out=${several ? 7200 : 600}`,
    ...(source.device === "Ascend" ? ["--bind_core=True"] : []),
    quoteWord(places.program),
    "--config",
    quoteWord(node.config ?? places.config),
    "--output_dir",
    quoteWord(places.output),
  ];
}

/** A script that starts one node's workers and ends with them. */
export function nodeScript(about: string, environment: readonly string[], words: readonly string[]): string {
  // Options with their values on a line each.
  const breaks = (word: string): boolean => word.startsWith("--") || /run_mindformer\.py'?$/.test(word);
  const call = words.map((word) => (breaks(word) ? `\\\n  ${word}` : word)).join(" ");
  return ["#!/usr/bin/env bash", `# ${about}`, "set -euo pipefail", ...environment, `exec ${call}`, ""].join("\n");
}

/** A script for schedulers that tell each node its number and the master's address in variables. */
export function variableNodeScript(
  source: EjectSource,
  settings: EjectSettings,
  node: { path: boolean; config?: string },
): string {
  const last = source.nodes.length - 1;
  const environment = [
    `: "\${NODE_RANK:?number of this node, 0 to ${last}}" "\${MASTER_ADDR:?address of node 0}"`,
    ...environmentLines(source, settings, node.path),
    `mkdir -p ${quoteWord(placesOf(source, settings).logs)}`,
  ];
  const words = msrunWords(source, settings, {
    master: '"$MASTER_ADDR"',
    rank: '"$NODE_RANK"',
    ...(node.config !== undefined && { config: node.config }),
  });
  return nodeScript(
    `Starts the ${source.devicesPerNode} workers of node NODE_RANK (0 to ${last}); ${source.devices} workers in all.`,
    environment,
    words,
  );
}
