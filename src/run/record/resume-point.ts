import { link, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { iterationNotes, iterationOfFolder, trackerName } from "../../checkpoint/read/points/file-name.js";
import { CheckpointError, type Issue } from "../../core/error.js";

/** The part of a saved point that resuming needs; `Checkpoint` has it. */
export interface ResumePoint {
  /** Global step. */
  readonly step: number;
  readonly complete: boolean;
  /** Why it is not complete; absent for points on other machines. */
  readonly issues?: readonly Pick<Issue, "path" | "message">[];
  readonly files: readonly { readonly rank: number; readonly path: string }[];
}

/** Step of a point in the 1.9 layout, by the folder of its files; undefined for folders of ranks. */
export function iterationOf({ files }: ResumePoint): number | undefined {
  const [first] = files;
  return first === undefined ? undefined : iterationOfFolder(basename(dirname(first.path)));
}

/** The folder that the paths of a seal start from: of the iteration, or of the folders of ranks. */
export function loadFolder(path: string): string {
  const folder = dirname(path);
  return iterationOfFolder(basename(folder)) === undefined ? dirname(folder) : folder;
}

async function linkFile(from: string, to: string): Promise<void> {
  // A hard link stays valid when the source run is deleted; across file systems there are only symbolic ones.
  await link(from, to).catch(() => symlink(from, to));
}

/**
 * Lays out exactly one checkpoint the way MindFormers looks for one (`load_checkpoint: <folder>`, `resume_training:
 * True`): `rank_<r>/<file>` and `rank_<r>/meta.json` with `last_epoch`, `last_step`, and `last_ckpt_file`, so that
 * every rank loads this one and no other. A point in the 1.9 layout becomes `iteration_<step>` below a tracker that
 * names it. The files are links, nothing is copied.
 */
export async function linkCheckpoint(point: ResumePoint, folder: string): Promise<void> {
  const iteration = iterationOf(point);
  if (iteration !== undefined) return linkIteration(point, iteration, folder);
  for (const { rank, path } of point.files) {
    // MindFormers finds a rank's file by the number in its name, also a file that another rank wrote.
    const name = basename(path).replace(/_rank_\d+(?=(?:_\d+)?-\d+_\d+\.)/, `_rank_${rank}`);
    const position = /-(\d+)_(\d+)\.safetensors$/.exec(name);
    if (!position) {
      throw new CheckpointError(
        "RESUME_IMPOSSIBLE",
        `file ${path}: expected a name that ends with -<epoch>_<step>.safetensors`,
        {
          hint: "openCheckpoints(run.checkpointDir)",
        },
      );
    }
    const place = join(folder, `rank_${rank}`);
    await mkdir(place, { recursive: true });
    await linkFile(path, join(place, name));
    const meta = { last_epoch: Number(position[1]), last_step: Number(position[2]), last_ckpt_file: name };
    await writeFile(join(place, "meta.json"), JSON.stringify(meta));
  }
}

async function linkIteration({ files }: ResumePoint, step: number, folder: string): Promise<void> {
  const source = dirname(files[0]?.path ?? "");
  const place = join(folder, basename(source));
  await mkdir(place, { recursive: true });
  const names = new Set(files.map(({ path }) => basename(path)));
  for (const name of iterationNotes) if (await stat(join(source, name)).catch(() => undefined)) names.add(name);
  for (const name of names) await linkFile(join(source, name), join(place, name));
  await writeFile(join(folder, trackerName), String(step));
}

/** The folder and what is missing or damaged in it. */
function incompleteText({ files, issues = [] }: ResumePoint): string {
  const [first, ...others] = issues;
  const place = files[0] === undefined ? "" : ` in ${loadFolder(files[0].path)}`;
  if (first === undefined) return `files missing or damaged${place}`;
  const what = first.message.includes(first.path) ? first.message : `${first.path}: ${first.message}`;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return `${what}${more}${what.includes("/") ? "" : place}`;
}

/**
 * Throws RESUME_IMPOSSIBLE unless the checkpoint is complete, has a file for each of `workers` ranks and steps are
 * left to do.
 */
export function requireResumable(
  point: ResumePoint,
  needs: {
    readonly workers: number;
    readonly totalSteps: number | undefined;
    /** Step of the continuation that the checkpoint stands for; default: its own. */
    readonly step?: number;
  },
): void {
  const refuse = (found: string, hint: string) =>
    new CheckpointError("RESUME_IMPOSSIBLE", `checkpoint of step ${point.step}: ${found}`, {
      hint,
      details: { step: point.step, ranks: point.files.length, workers: needs.workers, totalSteps: needs.totalSteps },
    });
  const choose = "from: (await openCheckpoints(run.checkpointDir)).latestComplete()";
  if (!point.complete) throw refuse(`expected a complete one, found ${incompleteText(point)}`, choose);
  const ranks = point.files.map(({ rank }) => rank).sort((a, b) => a - b);
  // Ranks load their part of a point in the 1.9 layout whatever ranks have written it.
  if (
    iterationOf(point) === undefined &&
    (ranks.length !== needs.workers || ranks.some((rank, index) => rank !== index))
  ) {
    throw refuse(
      `expected a file for each of ${needs.workers} ranks, found those of ranks ${ranks.join(", ")}`,
      choose,
    );
  }
  if (needs.totalSteps !== undefined && (needs.step ?? point.step) >= needs.totalSteps) {
    const more = `set: { "train_dataset.data_loader.sizes.0": … } or set: { "runner_config.epochs": … }`;
    throw refuse(`expected one before step ${needs.totalSteps}, the last of the training; nothing is left to do`, more);
  }
}
