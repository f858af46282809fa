import type { Issue } from "../../core/error.js";
import { issue, otherCheckpoint } from "../read/points/finding.js";
import type { SavedPoint } from "../read/points/saved-point.js";

/**
 * Why a point is not complete: what its layout lacks, files that can't be read, files of another step. Empty if it is.
 */
export function incompleteness({ issues, parts, common }: SavedPoint, step: number | undefined): Issue[] {
  const found: Issue[] = [...issues];
  for (const { rank, path, problem, hyper } of parts) {
    if (problem !== undefined) {
      const message = problem.startsWith(`${path}: `) ? problem.slice(path.length + 2) : problem;
      found.push(issue("error", "checkpoint-unreadable", { path, message, hint: otherCheckpoint }));
    } else if (common === undefined && hyper?.step !== undefined && hyper.step !== step) {
      const message = `expected step ${step} as on the other ranks, found ${hyper.step} on rank ${rank}`;
      found.push(issue("error", "checkpoint-step-differs", { path, message, hint: otherCheckpoint }));
    }
  }
  return found;
}
