import type { Config } from "../../config/config.js";
import { CheckpointError } from "../../core/error.js";
import { readMesh } from "../../model/layout/mesh.js";
import { batchSizeFor, filesForRanks, workOutChange } from "../../recover/certificate/change.js";
import { iterationOf, type ResumePoint } from "../record/resume-point.js";

/** A resume with another number of workers. */
export interface WorkerChange {
  /** The checkpoint as the new ranks load it: the same files, under the names of the ranks. */
  readonly point: ResumePoint;
  /** The checkpoint as it was saved. */
  readonly source: ResumePoint;
  /** First step of the resumed training minus one, in steps of the new global batch. */
  readonly step: number;
  /** The arithmetic: workers, global batch, steps. */
  readonly note: string;
}

function numberAt(config: Config, path: string): number {
  const value = config.get(path);
  return typeof value === "number" && value > 0 ? value : 1;
}

/**
 * Sets another number of data-parallel workers in the configuration and works out where the training goes on. The
 * global batch stays if it divides; else the steps are counted anew, and every sample is still seen exactly once.
 * @throws RESUME_IMPOSSIBLE if the ranks hold parts of the model, or if a sample would be seen twice.
 */
export function changeWorkers(
  config: Config,
  point: ResumePoint,
  about: {
    readonly saved: number;
    readonly wanted: number;
    /** Samples of a step when the checkpoint was saved; default: as the configuration says. */
    readonly savedBatch?: number | undefined;
  },
): WorkerChange {
  const { saved, wanted } = about;
  const refuse = (found: string, hint: string) =>
    new CheckpointError(
      "RESUME_IMPOSSIBLE",
      `checkpoint of step ${point.step}, ${saved} → ${wanted} workers: ${found}`,
      {
        hint,
        details: { step: point.step, saved, wanted },
      },
    );
  const mesh = readMesh((path) => config.get(path));
  const files = filesForRanks(
    {
      workers: saved,
      tensorParallel: mesh.semiAuto ? mesh.tensorParallel : 1,
      pipelineStages: mesh.semiAuto ? mesh.pipelineStages : 1,
      optimizerSharded: mesh.semiAuto && config.get("parallel.enable_parallel_optimizer") === true,
    },
    wanted,
  );
  if ("reason" in files) throw refuse(files.reason, `resume with ${saved} workers`);
  const accumulation = numberAt(config, "runner_config.gradient_accumulation_steps");
  const globalBatch = numberAt(config, "runner_config.batch_size") * saved * accumulation;
  const size = batchSizeFor(globalBatch, { workers: wanted, accumulation });
  if (size !== undefined) config.set("runner_config.batch_size", size);
  config.set("parallel_config.data_parallel", wanted);
  const now = numberAt(config, "runner_config.batch_size") * wanted * accumulation;
  const before = about.savedBatch ?? globalBatch;
  const change = workOutChange(
    point.step,
    { workers: saved, globalBatch: before },
    { workers: wanted, globalBatch: now },
  );
  if (change.seenTwice > 0) {
    const hint = `from: checkpoints.at(…) with a step that is a multiple of ${change.exactEvery}`;
    throw refuse(`${change.arithmetic}: ${change.seenTwice} samples would be seen twice`, hint);
  }
  return {
    source: point,
    point: {
      step: point.step,
      complete: point.complete,
      files:
        iterationOf(point) === undefined
          ? files.from.map((rank, to) => ({ rank: to, path: pathOf(point, rank) }))
          : point.files,
    },
    step: change.initialStep,
    note: `${saved} → ${wanted} workers, global batch ${before} → ${now}: ${change.arithmetic}`,
  };
}

function pathOf(point: ResumePoint, rank: number): string {
  return point.files.find((file) => file.rank === rank)?.path ?? "";
}
