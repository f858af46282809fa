import { basename, posix } from "node:path";
import { iterationOf, loadFolder, type ResumePoint } from "./resume-point.js";

/**
 * What a node is asked in order to lay out its ranks' files of a checkpoint in `target`. The paths are those on the
 * nodes. Of a point in the 1.9 layout every node lays out all files: its ranks read what they need.
 */
export function layOutRequest(point: ResumePoint, ranks: readonly number[], target = "resume") {
  const iteration = iterationOf(point);
  const files = iteration === undefined ? point.files.filter(({ rank }) => ranks.includes(rank)) : point.files;
  return {
    source: loadFolder(files[0]?.path ?? ""),
    target,
    ranks: files.map(({ rank, path }) => ({ rank, name: basename(path) })),
    ...(iteration !== undefined && { iteration: posix.basename(loadFolder(files[0]?.path ?? "")), step: iteration }),
  };
}
