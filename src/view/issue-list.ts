import type { Issue } from "../core/error.js";
import { issuesBundle } from "./sections.js";
import { ShownList } from "./shown-list.js";

/** Findings of a check; shown with errors first. */
export function issueList(issues: readonly Issue[]): ShownList<Issue> {
  return ShownList.showing(issues, issuesBundle);
}
