import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { LabError } from "../../core/error.js";
import { writeFileAtomic } from "../../core/files.js";
import type { NodeCommand } from "../../plan/command/command.js";

import type { Certificate } from "../../recover/certificate/certificate.js";
import type { RecoveryPolicy } from "../../recover/decide/policy.js";

import type { RunIdentity } from "./identity.js";

import { layoutVersion, runPaths } from "./layout.js";

/**
 * Why a run was started although its plan had errors; recorded in run.json and, as a decision, in events/launch.jsonl.
 */
export interface LaunchOverride {
  readonly reason: string;
  /** The plan's errors. */
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
  /** The run's identity; its path is only its place. Absent in layout 1. */
  readonly id?: string;
  readonly name: string;
  /**
   * Absolute path that this folder had when it was made: at the launch, or when another machine attached the run.
   * Absent in layout 1.
   */
  readonly folder?: string;
  /** Ranks over all nodes. Absent in layout 1. */
  readonly worldSize?: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Name of the machine whose supervisor runs it. */
  readonly host: string;
  /** Number of the newest engine start, from 1. */
  readonly attempt: number;
  /**
   * Number of the last lease before this attempt was launched; absent before the first, and for attempts of one
   * supervisor.
   */
  readonly lease?: number;
  /** Equal for launches that would do the same training: config and command without run folder and port. */
  readonly fingerprint: string;
  /** What the training depends on, as it was at the launch. Absent in layout 1. */
  readonly identity?: RunIdentity;
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
  /** Recovery of the run; absent if a failed run stays failed. */
  readonly recovery?: RecoveryPolicy;
  /** Nodes that are not used again. */
  readonly dropped?: readonly string[];
  /** Global step of the checkpoint that this attempt loaded; absent in the first. */
  readonly resumedFrom?: number;
  /** Batches that the data position is ahead of the step, because they were skipped. */
  readonly dataOffset?: number;
  /** Of a run that continues another one: how its first losses are compared with the other's. */
  readonly compare?: {
    readonly steps: number;
    readonly tolerance: number;
    readonly changed: boolean;
    /** The other run's step at the checkpoint minus this run's, if the count restarted. */
    readonly ahead?: number;
  };
  /** Certificate of the checkpoint, made before this run continued another one. */
  readonly certificate?: Certificate;
  /** Of a simulated run that is played slowly, from `createdAt` on: simulated seconds per second, and its training. */
  readonly playback?: { readonly speed: number; readonly stepMs: number; readonly everySteps: number };
  /** True if data or learning rate of this attempt differ from the record's. */
  readonly changed?: boolean;
  /** Present if the plan was launched in spite of errors. */
  readonly override?: LaunchOverride;
}

/** The time by the clock of the run: a simulated one that is played slowly is ahead. Milliseconds since the epoch. */
export function timeOfRun({ playback, createdAt }: RunFile, now: number): number {
  return playback === undefined ? now : createdAt + (now - createdAt) * playback.speed;
}

/** The words of a command that say what is trained: without the run folder's path, port, and log folder. */
export function trainingWords(argv: readonly string[], folder: string): string[] {
  return argv.filter((word) => !/^--(master_port|log_dir)=/.test(word)).map((word) => word.replaceAll(folder, "<run>"));
}

/** Hash over what makes a training what it is. */
export function fingerprintOf(config: string, commands: readonly NodeCommand[], folder: string): string {
  const shape = commands.map(({ argv }) => trainingWords(argv, folder));
  return createHash("sha256")
    .update(JSON.stringify([config, shape]))
    .digest("hex");
}

function unreadable(folder: string, found: string): LabError {
  return new LabError(
    "RUN_FOLDER_UNREADABLE",
    `run folder ${folder}: expected a run.json with layout 1 to ${layoutVersion}, found ${found}`,
    { hint: `look at it: cat ${runPaths(folder).runFile}`, details: { folder } },
  );
}

function parseRunFile(folder: string, text: string): RunFile {
  let value: Partial<RunFile>;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(folder, `${text.length} characters that are not JSON`);
  }
  const { layout } = value;
  if (layout !== 1 && layout !== layoutVersion) throw unreadable(folder, `layout ${String(layout)}`);
  if (!Array.isArray(value.commands) || typeof value.name !== "string") throw unreadable(folder, "missing fields");
  return value as RunFile;
}

/** The copies of run.json, the newest attempt first. */
async function copiesOf(folder: string): Promise<string[]> {
  const { control, runFileCopy } = runPaths(folder);
  const names = await readdir(control).catch((): string[] => []);
  const attempts = names.map((name) => Number(/^run-(\d+)\.json$/.exec(name)?.[1] ?? Number.NaN));
  const found = attempts.filter((attempt) => !Number.isNaN(attempt)).sort((a, b) => b - a);
  return found.map(runFileCopy);
}

/** What was read of a run's description, and what was wrong with it. */
export interface FoundRunFile {
  readonly file: RunFile;
  /** Present if run.json is damaged and a copy was read. */
  readonly damage?: string;
  /** `runFileSign` before it was read. */
  readonly sign: string;
}

/** Changes whenever run.json does; `none` if there is none. */
export async function runFileSign(folder: string): Promise<string> {
  const found = await stat(runPaths(folder).runFile).catch(() => undefined);
  return found ? `${found.mtimeMs}.${found.size}.${found.ino}` : "none";
}

/**
 * Reads run.json, or its newest copy if it is damaged or deleted; undefined if there is neither. Throws
 * RUN_FOLDER_UNREADABLE if nothing can be read, and for a newer layout.
 */
export async function findRunFile(folder: string): Promise<FoundRunFile | undefined> {
  const sign = await runFileSign(folder);
  const text = sign === "none" ? undefined : await readFile(runPaths(folder).runFile, "utf8").catch(() => undefined);
  let problem: unknown;
  try {
    if (text !== undefined) return { file: parseRunFile(folder, text), sign };
  } catch (error) {
    if (/"layout":\s*(?!1\b|2\b)\d/.test(text ?? "")) throw error;
    problem = error;
  }
  for (const path of await copiesOf(folder)) {
    const copy = await readFile(path, "utf8").catch(() => "");
    try {
      const damage = `run.json is ${text === undefined ? "missing" : "damaged"}; its copy ${basename(path)} was read`;
      return { file: parseRunFile(folder, copy), damage, sign };
    } catch {}
  }
  if (problem !== undefined) throw problem;
  return undefined;
}

/** The same without a word about damage. */
export async function readRunFile(folder: string): Promise<RunFile | undefined> {
  return (await findRunFile(folder))?.file;
}

/** The bytes of run.json. */
export function runFileText(file: RunFile): string {
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** Writes run.json and its copy so that no reader ever sees a part of them. */
export async function writeRunFile(folder: string, file: RunFile): Promise<void> {
  const text = runFileText(file);
  await writeFileAtomic(runPaths(folder).runFileCopy(file.attempt), text);
  await writeFileAtomic(runPaths(folder).runFile, text);
}
