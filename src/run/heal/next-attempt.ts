import { readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { openConfig } from "../../config/open.js";
import { writeFileAtomic } from "../../core/files.js";
import type { NodeCommand } from "../../plan/command/command.js";
import type { Decision } from "../../recover/decide/action.js";
import { runPaths } from "../record/layout.js";
import { strategyOverride, withLauncherOption } from "../record/node-command.js";
import { linkCheckpoint } from "../record/resume-point.js";
import type { RunFile } from "../record/run-file.js";
import { offsetAfterSkip, offsetAtStart } from "./data-offset.js";
import type { ResumeChoice } from "./resume-choice.js";

/** Arguments of the engine that a resume sets. */
const resumeArguments = new Set(["--load_checkpoint", "--resume_training", "--src_strategy_path_or_dir"]);

/** Words of a command without some options and their values. */
function without(argv: readonly string[], names: ReadonlySet<string>): string[] {
  return argv.filter((word, index) => !names.has(word) && !names.has(argv[index - 1] ?? ""));
}

/** The same command for another attempt: its own logs, another port, and the checkpoint to load. */
export function commandOf(
  command: NodeCommand,
  change: {
    readonly from: number;
    readonly attempt: number;
    readonly port: number;
    /** Folder to load, relative to the run folder on the node; undefined to leave it as it is. */
    readonly load: string | undefined;
    readonly config: string | undefined;
    /** The run folder here, for commands that do not name one. */
    readonly folder: string;
  },
): NodeCommand {
  const moved = (text: string) => text.replaceAll(`/logs/attempt-${change.from}/`, `/logs/attempt-${change.attempt}/`);
  const { folder = change.folder } = command;
  const kept = change.load === undefined ? command.argv : without(command.argv, resumeArguments);
  const argv = kept
    .map(moved)
    .map((word, index, all) =>
      change.config !== undefined && all[index - 1] === "--config" ? join(folder, change.config) : word,
    );
  const from = change.load === undefined ? undefined : join(folder, change.load);
  const overrides = {
    load_checkpoint: from,
    resume_training: "True",
    ...strategyOverride(command, join(folder, "output")),
  };
  const load =
    from === undefined ? [] : Object.entries(overrides).flatMap(([name, value]) => [`--${name}`, value ?? ""]);
  const environment = Object.fromEntries(
    Object.entries(command.environment).map(([name, text]) => [name, moved(text)]),
  );
  const next = { ...command, argv: [...argv, ...load], environment };
  return withLauncherOption(next, "master_port", String(change.port));
}

/** The configuration of the next attempt if the decision changes it: skipped batches, a lower learning rate. */
async function writeConfig(
  about: {
    readonly folder: string;
    readonly file: RunFile;
    readonly decision: Decision;
    readonly choice: ResumeChoice;
  },
  attempt: number,
): Promise<{ readonly path: string; readonly dataOffset: number } | undefined> {
  const { folder, file, decision, choice } = about;
  const { skip, learningRateFactor } = decision;
  const config = await openConfig(await readFile(configPath(folder, file), "utf8"));
  const offset = file.dataOffset ?? offsetAtStart(config, file);
  const step = choice.step ?? file.parent?.step ?? 0;
  const dataOffset = skip ? offsetAfterSkip(offset, skip, step) : offset;
  if (learningRateFactor === undefined && dataOffset === 0) return undefined;
  if (dataOffset !== 0) config.set("data_skip_steps", step + dataOffset);
  const rate = config.get("lr_schedule.learning_rate");
  if (learningRateFactor !== undefined && typeof rate === "number")
    config.set("lr_schedule.learning_rate", rate * learningRateFactor);
  const path = join("control", `config-${attempt}.yaml`);
  await writeFileAtomic(join(folder, path), config.text);
  return { path, dataOffset };
}

/** The configuration of an attempt as it lies here; on other nodes the run folder may have another path. */
function configPath(folder: string, { commands }: RunFile): string {
  const argv = commands[0]?.argv ?? [];
  const name = basename(argv[argv.indexOf("--config") + 1] ?? "");
  return /^config-\d+\.yaml$/.test(name) ? join(runPaths(folder).control, name) : runPaths(folder).config;
}

/** Describes the attempt after a decision, and lays out the checkpoint that it loads. */
export async function nextAttempt(
  about: {
    readonly folder: string;
    readonly file: RunFile;
    readonly decision: Decision;
    readonly choice: ResumeChoice;
  },
  port: number,
): Promise<RunFile> {
  const { folder, file, decision, choice } = about;
  const attempt = file.attempt + 1;
  let load: string | undefined;
  if (choice.point !== undefined || choice.laidOut) load = join("resume", `attempt-${attempt}`);
  if (choice.point !== undefined && load !== undefined) {
    await rm(join(folder, load), { recursive: true, force: true });
    await linkCheckpoint(choice.point, join(folder, load));
  }
  const config = await writeConfig(about, attempt);
  const change = { from: file.attempt, attempt, port, load, config: config?.path, folder };
  const { lease: _, resumedFrom: __, changed: ___, ...rest } = file;
  return {
    ...rest,
    attempt,
    commands: file.commands.map((command) => commandOf(command, change)),
    ...(choice.step !== undefined && { resumedFrom: choice.step }),
    ...(config && { dataOffset: config.dataOffset }),
    ...((decision.skip || decision.learningRateFactor !== undefined || config) && { changed: true }),
  };
}
