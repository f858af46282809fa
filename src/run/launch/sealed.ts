import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { scrubFiles } from "../../checkpoint/prove/scrub-files.js";
import { readSeal } from "../../checkpoint/prove/seal-files.js";
import type { Seal } from "../../checkpoint/prove/seal-format.js";
import { CheckpointError } from "../../core/error.js";
import { runPaths } from "../record/layout.js";
import { loadFolder, type ResumePoint } from "../record/resume-point.js";
import type { Run } from "../run.js";

/** Checkpoints up to this size are read whole before they are resumed; of larger ones the sizes are compared. */
const readBytes = 8 * 1024 ** 3;

async function firstOfOtherSize(folder: string, seal: Seal) {
  for (const { path, bytes } of seal.files) {
    const size = (await stat(join(folder, path)).catch(() => undefined))?.size;
    if (size !== bytes) return { path, message: `expected ${bytes} bytes as sealed, found ${size ?? "no file"}` };
  }
  return undefined;
}

/** Throws RESUME_IMPOSSIBLE if a checkpoint of this run differs from its seal; nothing is checked without a seal. */
export async function requireSealed(run: Run, point: ResumePoint): Promise<void> {
  const { seals } = runPaths(run.folder);
  const seal = await readSeal(seals, point.step);
  const [first] = point.files;
  if (!seal || !first) return;
  const folder = loadFolder(first.path);
  const paths = new Set(point.files.map(({ path }) => relative(folder, path)));
  if (seal.files.some(({ path }) => !paths.has(path))) return; // of other files of the same step
  const bytes = seal.files.reduce((sum, file) => sum + file.bytes, 0);
  const broken = bytes > readBytes ? await firstOfOtherSize(folder, seal) : (await scrubFiles({ folder, seal }))[0];
  if (!broken) return;
  const message = `checkpoint of step ${point.step}: ${broken.path} differs from its seal: ${broken.message}`;
  throw new CheckpointError("RESUME_IMPOSSIBLE", message, {
    hint: "from: an older one of (await openCheckpoints(run.checkpointDir)).all",
    details: { step: point.step, path: broken.path },
  });
}
