import { basename, posix } from "node:path";
import type { ResumePoint } from "../record/resume-point.js";

/**
 * What a node is asked in order to lay out its ranks' files of a checkpoint in `resume/`. The paths are those on the
 * nodes.
 */
export function stageRequest(point: ResumePoint, ranks: readonly number[]) {
  const files = point.files.filter(({ rank }) => ranks.includes(rank));
  const first = files[0]?.path ?? "";
  return {
    source: posix.dirname(posix.dirname(first)),
    target: "resume",
    ranks: files.map(({ rank, path }) => ({ rank, name: basename(path) })),
  };
}
