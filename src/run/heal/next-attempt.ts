import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { openConfig } from "../../config/open.js";
import { writeFileAtomic } from "../../core/files.js";
import type { NodeCommand } from "../../plan/command/command.js";
import type { Decision } from "../../recover/decide/action.js";
import { runPaths } from "../record/layout.js";
import { withLauncherOption } from "../record/node-command.js";
import { linkCheckpoint } from "../record/resume-point.js";
import type { RunFile } from "../record/run-file.js";
import type { ResumeChoice } from "./resume-choice.js";

/** Arguments of the engine that a resume sets. */
const resumeArguments = new Set(["--load_checkpoint", "--resume_training"]);

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
    /** Folder to load; undefined to leave it as it is. */
    readonly load: string | undefined;
    readonly config: string | undefined;
  },
): NodeCommand {
  const moved = (text: string) => text.replaceAll(`/logs/attempt-${change.from}/`, `/logs/attempt-${change.attempt}/`);
  const kept = change.load === undefined ? command.argv : without(command.argv, resumeArguments);
  const argv = kept
    .map(moved)
    .map((word, index, all) => (change.config !== undefined && all[index - 1] === "--config" ? change.config : word));
  const load = change.load === undefined ? [] : ["--load_checkpoint", change.load, "--resume_training", "True"];
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
  const offset = file.dataOffset ?? 0;
  const step = choice.step ?? 0;
  // The batches from the checkpoint up to the last bad one are left out: the engine can only move its position forward.
  const dataOffset = skip ? Math.max(offset, skip.fromStep + skip.batches - 1 - step + offset) : offset;
  if (learningRateFactor === undefined && dataOffset === 0) return undefined;
  const before = file.commands[0]?.argv;
  const old = before?.[before.indexOf("--config") + 1] ?? runPaths(folder).config;
  const config = await openConfig(await readFile(old, "utf8"));
  if (dataOffset > 0) config.set("data_skip_steps", step + dataOffset);
  const rate = config.get("lr_schedule.learning_rate");
  if (learningRateFactor !== undefined && typeof rate === "number")
    config.set("lr_schedule.learning_rate", rate * learningRateFactor);
  const path = join(runPaths(folder).control, `config-${attempt}.yaml`);
  await writeFileAtomic(path, config.text);
  return { path, dataOffset };
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
  if (choice.point !== undefined) {
    load = join(runPaths(folder).resume, `attempt-${attempt}`);
    await rm(load, { recursive: true, force: true });
    await linkCheckpoint(choice.point, load);
  }
  const config = await writeConfig(about, attempt);
  const change = { from: file.attempt, attempt, port, load, config: config?.path };
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
