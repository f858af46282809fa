import { basename, dirname } from "node:path";
import { hasAll, localPath, requireArgument, requireCount, requirePath, requireText } from "../../core/arguments.js";
import { CheckpointError } from "../../core/error.js";
import { requireOptions, suggestName } from "../../core/options/option-names.js";
import { jupyterHost } from "../../view/display-contract.js";
import { type FileAccess, httpFiles, localFiles } from "../read/files/file-access.js";
import { withTensorFile } from "../read/files/tensor-file.js";
import { type FindOptions, type FoundPoints, findFile, findPoints } from "../read/points/find-points.js";
import { listed } from "../read/points/finding.js";
import { StoredPoint } from "../read/stored-point.js";
import type { PlaceOf } from "../read/tensor-index.js";
import { placeInSet, readStrategySet } from "../strategy/strategy-set.js";
import { Checkpoint } from "./checkpoint.js";
import { Checkpoints } from "./checkpoints.js";
import { isSavedByReplicas } from "./run-replicas.js";
import { isElsewhere, worldSizeOf } from "./seal-place.js";

/** Options of `openCheckpoint`. */
export interface OpenCheckpointOptions {
  /** Of an encrypted `.ckpt`: 16, 24, or 32 bytes, as text (UTF-8) or bytes. */
  readonly key?: string | Uint8Array;
  /**
   * Places of the ranks' slices: a strategy file or folder of MindSpore; `"replicas"`: every rank holds whole tensors
   * (pure data parallelism).
   * Default: the folder `strategy` in or beside the checkpoint folder, if there is one; else `"replicas"` in the folder
   * of a run that trains with data parallelism alone. The 1.9 layout needs none.
   */
  readonly strategy?: string;
  /** Configuration file for ssh (`ssh -F`), only with `ssh://…`. Default: ssh's own. */
  readonly sshConfig?: string;
  /** Python of the other machine, 3.9 or newer, only with `ssh://…`; default `"python3"`. */
  readonly python?: string;
  /** Access to the files; default by the path: this machine, `http://…`, `https://…`, or `ssh://…`. */
  readonly files?: FileAccess;
  /** Default: the running cell's signal. */
  readonly signal?: AbortSignal;
}

/** Options of `openCheckpoints`. */
export interface OpenCheckpointsOptions extends OpenCheckpointOptions {
  /** Number of ranks of the training; default: from run.json, else from the folder's highest `rank_R`. */
  readonly ranks?: number;
}

/**
 * Opens one checkpoint: a `.safetensors` or `.ckpt` file, a folder in any layout that MindFormers, MindSpore or
 * Hugging Face write, or a URL of such a file or folder. Of a folder with several points, opens the newest complete
 * one. Reads headers only.
 * @throws CheckpointError CHECKPOINT_NONE if there is nothing to read; FormatError if the one file is damaged.
 *
 * @example
 * const checkpoint = await openCheckpoint("model.safetensors");
 * await checkpoint.tensors();
 */
export async function openCheckpoint(path: string, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  const place = placeOf(path, "openCheckpoint", options);
  const kind = await place.files.kind(place.path);
  if (kind === "file" && !isIndexName(place.path)) return openFile(place.path, findOptions(place, options));
  const folder = kind === "file" ? place.path.replace(/\/[^/]*$/, "") : place.path;
  const checkpoints = await open(folder, place, options);
  return checkpoints.all.length === 1 ? (checkpoints.all[0] as Checkpoint) : checkpoints.latestComplete();
}

/**
 * Opens all points that a training saved: the folder that holds `rank_0`, `rank_1`, … or `iteration_…`, the engine's
 * output folder, or a run's folder. Reads headers only; open it again to see what a live training saved meanwhile.
 * @throws CheckpointError CHECKPOINT_NONE if there is nothing to read.
 *
 * @example
 * const checkpoints = await openCheckpoints((await openRun("first")).checkpointDir);
 * const last = checkpoints.latestComplete();
 * await last.tensors({ match: "*.layers.0.*" });
 */
export async function openCheckpoints(folder: string, options: OpenCheckpointsOptions = {}): Promise<Checkpoints> {
  const place = placeOf(folder, "openCheckpoints", options);
  return open(place.path, place, options);
}

interface Place {
  readonly path: string;
  readonly files: FileAccess;
}

function placeOf(path: string, call: string, options: OpenCheckpointsOptions): Place {
  const example = `await ${call}("runs/first/output/checkpoint")`;
  requirePath(path, `${call}, path`, example);
  const names = ["strategy", "key", "files", "sshConfig", "python", "signal"];
  if (call === "openCheckpoints") names.push("ranks");
  requireOptions(options, call, { names, example: `await ${call}(path, { strategy: "replicas" })` });
  const { files, ranks, strategy } = options;
  if (strategy !== undefined) requireText(strategy, `${call}, strategy`, '{ strategy: "replicas" }');
  requireArgument(files === undefined || hasAll(files, "kind", "list", "open", "join"), {
    ...{ call: `${call}, files`, expected: "an object with list, kind, open, and join", found: files, example },
  });
  requireCount(ranks, "openCheckpoints, ranks", "await openCheckpoints(folder, { ranks: 8 })");
  if (files !== undefined) return { path, files };
  if (/^https?:\/\//.test(path)) return { path, files: httpFiles };
  return { path: localPath(path, `${call}, path`, example), files: localFiles };
}

function isIndexName(path: string): boolean {
  return path.endsWith(".json");
}

function findOptions({ files }: Place, options: OpenCheckpointsOptions): FindOptions {
  return { files, key: options.key, signal: options.signal ?? jupyterHost()?.signal, ranks: options.ranks };
}

async function openFile(path: string, options: FindOptions): Promise<Checkpoint> {
  const { points } = await findFile(path, options);
  const [point] = points;
  const problem = point?.parts[0]?.problem;
  if (point === undefined || point.parts.length === 0 || problem !== undefined) {
    // The one file is all there is: its own error says more than an incomplete checkpoint.
    await withTensorFile(path, options, async () => undefined);
    throw new CheckpointError("CHECKPOINT_NONE", `${path}: ${problem}`, { hint: "pass another file" });
  }
  return new Checkpoint(new StoredPoint(point, { files: options.files, key: options.key }));
}

async function open(folder: string, place: Place, options: OpenCheckpointsOptions): Promise<Checkpoints> {
  const ranks = options.ranks ?? (place.files === localFiles ? await worldSizeOf(folder) : undefined);
  const found = await findPoints(folder, { ...findOptions(place, options), ranks });
  if (!found || found.points.length === 0) throw await nothingFound(folder, found, place.files);
  const places = found.ranks.length > 0 ? await slicePlaces(found.folder, place.files, options.strategy) : {};
  const stored = { files: place.files, key: options.key, ...places };
  return new Checkpoints(
    found.folder,
    found.points.map((point) => new Checkpoint(new StoredPoint(point, stored))),
  );
}

/** The folder of strategies that reshard writes into its output, or that a training writes beside its checkpoints. */
async function foundStrategy(folder: string, files: FileAccess): Promise<string | undefined> {
  for (const place of [folder, folder.replace(/\/[^/]*$/, "")]) {
    const path = files.join(place, "strategy");
    if ((await files.list(path))?.some((name) => name.includes("strategy"))) return path;
  }
  return undefined;
}

/** Where slices lie, by the strategy that the caller names, that stands in or beside the folder, or that a run has. */
async function slicePlaces(
  folder: string,
  files: FileAccess,
  strategy: string | undefined,
): Promise<{ readonly placeOf?: PlaceOf; readonly strategy?: string }> {
  const path = strategy ?? (await foundStrategy(folder, files));
  const isOfRun = path === undefined && files === localFiles && (await isSavedByReplicas(folder));
  if (strategy === "replicas" || isOfRun) {
    return {
      strategy: "replicas",
      placeOf: ({ shape }) => ({ offset: shape.map(() => 0), shape, globalShape: shape }),
    };
  }
  if (path === undefined) return {};
  if (strategy !== undefined && (await files.kind(path)) === "nothing") {
    const message = `strategy: expected "replicas", or a strategy file or folder, found nothing at ${path}`;
    const near = suggestName(strategy, ["replicas"]);
    throw new CheckpointError("CHECKPOINT_MISSING", message, {
      hint: near ? '{ strategy: "replicas" }' : `check the path; relative paths start at ${process.cwd()}`,
    });
  }
  const set = await readStrategySet(files, path);
  return { strategy: path, placeOf: (entry, rank) => placeInSet(set, entry, rank) };
}

async function nothingFound(
  folder: string,
  found: FoundPoints | undefined,
  files: FileAccess,
): Promise<CheckpointError> {
  const names = await files.list(folder);
  const saveMore = "lower save_checkpoint_steps below the number of steps, or wait until the run has reached it";
  const [what, hint] =
    names === undefined
      ? await noFolder(folder, files)
      : found && found.ranks.length > 0
        ? [`${listed(found.ranks)} without such a file`, saveMore]
        : [seen(names), `pass run.checkpointDir; or ${saveMore}`];
  const expected = "rank_<R> folders, iteration_<step> folders, .safetensors files, or .ckpt files";
  const message = `folder ${folder}: expected checkpoints (${expected}), found ${what}`;
  return new CheckpointError("CHECKPOINT_NONE", message, { hint, details: { folder } });
}

/** What stands instead of a folder: a file that another call opens, a name with a typo, or nothing. */
async function noFolder(folder: string, files: FileAccess): Promise<readonly [string, string]> {
  const isFile = (await files.kind(folder)) === "file";
  if (isFile) return ["a file", `await openCheckpoint(${JSON.stringify(folder)}) opens one file`];
  if (isElsewhere(folder)) {
    return /\.(safetensors|ckpt)$/.test(folder)
      ? ["no such file", "check the address"]
      : ["none of them under the usual names", "check the address, or pass that of one file"];
  }
  const what = /\.(safetensors|ckpt)$/.test(folder) ? "no such file" : "no such folder";
  const near = suggestName(basename(folder), (await files.list(dirname(folder))) ?? []);
  const check = `check the path; relative paths start at ${process.cwd()}`;
  return [what, near === undefined ? check : `is it ${JSON.stringify(files.join(dirname(folder), near))}?`];
}

function seen(names: readonly string[]): string {
  if (names.length === 0) return "an empty folder";
  const some = names.slice(0, 5).map((name) => JSON.stringify(name));
  return `${some.join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;
}
