import type { Issue } from "../core/error.js";
import { displayKey, type MimeBundle } from "./display-contract.js";
import { issuesBundle } from "./sections.js";

/** Findings of a check: an array in every respect that also shows itself, errors first. What `filter` and `map` make of it are plain arrays. */
export class IssueList extends Array<Issue> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  [displayKey](): MimeBundle {
    return issuesBundle(this);
  }
}
