import { join } from "node:path";
import { openConfig } from "../../config/open.js";
import { readMesh, readParallelMode, usedMesh } from "../../model/layout/mesh.js";
import { runFolderOf } from "./seal-place.js";

/**
 * True if the folder belongs to a run whose ranks all hold whole tensors, by the run's `config.yaml`: data parallelism
 * alone, without the parallel optimizer. False if that is not known.
 */
export async function isSavedByReplicas(folder: string): Promise<boolean> {
  const run = await runFolderOf(folder);
  if (run === undefined) return false;
  const config = await openConfig(join(run, "config.yaml")).catch(() => undefined);
  if (config === undefined) return false;
  const get = (path: string) => config.get(path);
  const mode = readParallelMode(get);
  if (mode === undefined || mode === "hybrid") return false;
  const mesh = readMesh(get);
  const { tensorParallel, pipelineStages, contextParallel, expertParallel } = usedMesh(mesh, mesh.dataParallel);
  const isOneAxis = [tensorParallel, pipelineStages, contextParallel, expertParallel].every((size) => size === 1);
  return isOneAxis && get("parallel.enable_parallel_optimizer") !== true;
}
