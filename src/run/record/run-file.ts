import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { LabError } from "../../core/error.js";
import { writeFileAtomic } from "../../core/files.js";
import type { NodeCommand } from "../../plan/command/command.js";
import { layoutVersion, runPaths } from "./layout.js";

/** Why a run was started although its plan had errors; stands in run.json and, as a decision, in events.jsonl. */
export interface LaunchOverride {
  readonly reason: string;
  /** The errors as the plan had them. */
  readonly errors: readonly { readonly rule: string; readonly path: string; readonly message: string }[];
}

/** What a resumed run continues. */
export interface RunParent {
  readonly name: string;
  /** Absolute path of the parent's run folder. */
  readonly folder: string;
  /** Global step of the checkpoint that was loaded; the first new step is this plus 1. */
  readonly step: number;
}

/** Contents of run.json. */
export interface RunFile {
  readonly layout: number;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Name of the machine whose supervisor runs it. */
  readonly host: string;
  /** Number of the newest engine start, from 1. */
  readonly attempt: number;
  /** Equal for launches that would do the same training: config and command without run folder and port. */
  readonly fingerprint: string;
  /** Absent if the plan could not know it. */
  readonly totalSteps?: number;
  readonly tokensPerStep?: number;
  /** Rank whose log shows the true loss. */
  readonly lossRank: number;
  /** Position in `commands` of the node that this folder's supervisor starts. */
  readonly localNode: number;
  readonly commands: readonly NodeCommand[];
  /** The cluster as the plan was given it, for planning the run's continuation. */
  readonly cluster: unknown;
  readonly versions: Readonly<Record<string, string>>;
  readonly parent?: RunParent;
  /** Present if the plan had errors and was launched all the same. */
  readonly override?: LaunchOverride;
}

/** Hash over what makes a training what it is. */
export function fingerprintOf(config: string, commands: readonly NodeCommand[], folder: string): string {
  const shape = commands.map(({ argv }) =>
    argv.filter((word) => !/^--(master_port|log_dir)=/.test(word)).map((word) => word.replaceAll(folder, "<run>")),
  );
  return createHash("sha256")
    .update(JSON.stringify([config, shape]))
    .digest("hex");
}

function unreadable(folder: string, found: string): LabError {
  return new LabError(
    "RUN_FOLDER_UNREADABLE",
    `run folder ${folder}: expected a run.json with layout ${layoutVersion}, found ${found}`,
    { hint: `look at it: cat ${runPaths(folder).runFile}`, details: { folder } },
  );
}

/** Reads run.json; undefined if there is none; throws RUN_FOLDER_UNREADABLE if it is damaged or from a newer layout. */
export async function readRunFile(folder: string): Promise<RunFile | undefined> {
  const text = await readFile(runPaths(folder).runFile, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  let value: Partial<RunFile>;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(folder, `${text.length} characters that are no JSON`);
  }
  if (value.layout !== layoutVersion) throw unreadable(folder, `layout ${String(value.layout)}`);
  if (!Array.isArray(value.commands) || typeof value.name !== "string") throw unreadable(folder, "missing fields");
  return value as RunFile;
}

/** Writes run.json so that no reader ever sees a part of it. */
export async function writeRunFile(folder: string, file: RunFile): Promise<void> {
  await writeFileAtomic(runPaths(folder).runFile, `${JSON.stringify(file, undefined, 2)}\n`);
}
