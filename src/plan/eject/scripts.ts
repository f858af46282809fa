import { posix } from "node:path";
import { formatLauncherCall, type LauncherCall } from "../command/launcher.js";
import { quoteWord } from "../command/shell-words.js";
import type { EjectedFile } from "./ejected.js";
import {
  type EjectSource,
  environmentLines,
  msrunWords,
  nodeScript,
  placesOf,
  variableNodeScript,
} from "./node-script.js";
import type { EjectSettings } from "./options.js";
import { slurmJobText } from "./slurm-job.js";

export interface EjectText {
  readonly files: readonly EjectedFile[];
  readonly notes: readonly string[];
}

export function configFile(text: string): EjectedFile {
  return { path: "config.yaml", text, executable: false };
}

function aboutNode(source: EjectSource, rank: number): string {
  const first = rank * source.devicesPerNode;
  const where =
    source.nodes.length > 1 ? `Node ${rank} of ${source.nodes.length} (${source.nodes[rank]})` : "This machine";
  return `${where}: starts ranks ${first} to ${first + source.devicesPerNode - 1} of ${source.devices}.`;
}

function nodePath(source: EjectSource, rank: number): string {
  if (source.nodes.length === 1) return "node.sh";
  return `node-${String(rank).padStart(String(source.nodes.length - 1).length, "0")}.sh`;
}

function everyNode(source: EjectSource, text: (rank: number) => string): EjectedFile[] {
  return source.nodes.map((_, rank) => ({ path: nodePath(source, rank), text: text(rank), executable: true }));
}

function startNotes(source: EjectSource, settings: EjectSettings): string[] {
  const first = nodePath(source, 0);
  const save = `save(…) the files as ${settings.folder} on storage that every node sees`;
  if (source.nodes.length === 1) return [`${save}, then: bash ${first}`];
  return [`${save}; then start ${first} on ${source.nodes[0]}, and so on, all within two hours`];
}

/** One script per node with its exact `msrun` call. */
export function msrunFiles(source: EjectSource, settings: EjectSettings): EjectText {
  const environment = environmentLines(source, settings, true);
  const master = quoteWord(source.nodes[0] as string);
  const text = (rank: number): string =>
    nodeScript(aboutNode(source, rank), environment, msrunWords(source, settings, { master, rank: String(rank) }));
  return { files: [...everyNode(source, text), configFile(source.config.text)], notes: startNotes(source, settings) };
}

/**
 * The call of `scripts/msrun_launcher.sh` of one node. The script gives its first argument to `eval`, so its words are
 * quoted for that.
 */
export function launcherCallOf(source: EjectSource, settings: EjectSettings, rank: number): LauncherCall {
  const places = placesOf(source, settings);
  const several = source.nodes.length > 1;
  const program = [places.program, "--config", places.config, "--output_dir", places.output].map(quoteWord).join(" ");
  return {
    script: posix.join(settings.mindformers, "scripts/msrun_launcher.sh"),
    program,
    form: several ? 9 : 6,
    workers: source.devices,
    localWorkers: source.devicesPerNode,
    masterAddress: source.nodes[0] as string,
    port: source.port,
    nodeRank: String(rank),
    logFolder: places.logs,
    join: "True",
    timeoutSeconds: several ? 7200 : 600,
    nodes: source.nodes.length,
  };
}

/** One script per node with the equivalent call of MindFormers' own launcher script. */
export function launcherFiles(source: EjectSource, settings: EjectSettings): EjectText {
  const environment = environmentLines(source, settings, true).filter((line) => !line.includes("LOG_MF_PATH"));
  const inFolder = [...environment, `cd ${quoteWord(settings.folder)}`];
  const ownLogs =
    "the script writes MindFormers' own logs to output/log of the folder it is started in; " +
    "the call changes there first";
  if (source.devices === 1) {
    const places = placesOf(source, settings);
    const words = [
      "python",
      places.program,
      "--config",
      places.config,
      "--output_dir",
      places.output,
      "--use_parallel",
      "False",
    ];
    return {
      files: [
        ...everyNode(source, () => nodeScript("One worker, without msrun.", inFolder, words.map(quoteWord))),
        configFile(source.config.text),
      ],
      notes: [
        "msrun_launcher.sh with 1 worker prints advice and ends with exit code 0 without starting anything, " +
          "so this calls Python itself",
        ...startNotes(source, settings),
      ],
    };
  }
  const text = (rank: number): string =>
    nodeScript(aboutNode(source, rank), inFolder, [formatLauncherCall(launcherCallOf(source, settings, rank))]);
  return {
    files: [...everyNode(source, text), configFile(source.config.text)],
    notes: [...startNotes(source, settings), ownLogs],
  };
}

/**
 * A batch job for Slurm: one task per node, which starts the node's workers. The Slurm options of the plan's cluster
 * are the defaults of those of `eject`.
 */
export function slurmFiles(source: EjectSource, settings: EjectSettings): EjectText {
  const { name, folder } = settings;
  const { slurm } = source;
  const start = posix.join(folder, "start-node.sh");
  const job = slurmJobText({
    name,
    nodes: source.nodes.length,
    output: posix.join(folder, "slurm-%j.log"),
    partition: settings.partition ?? slurm.partition,
    account: settings.account ?? slurm.account,
    timeLimit: settings.timeLimit ?? slurm.time,
    gres: settings.gres ?? slurm.gres,
    more: [...(slurm.qos === undefined ? [] : [`--qos=${quoteWord(slurm.qos)}`]), ...(slurm.extra ?? [])],
    body: [
      "srun --ntasks-per-node=1 --kill-on-bad-exit=1 " +
        `bash -c 'NODE_RANK="$SLURM_NODEID" exec bash "$0"' ${quoteWord(start)}`,
    ],
  });
  return {
    files: [
      { path: "job.slurm", text: job, executable: true },
      { path: "start-node.sh", text: variableNodeScript(source, settings, { path: true }), executable: true },
      configFile(source.config.text),
    ],
    notes: [
      `save(…) the files as ${folder} on storage that every node sees, then: ` +
        `sbatch ${quoteWord(posix.join(folder, "job.slurm"))}`,
    ],
  };
}
