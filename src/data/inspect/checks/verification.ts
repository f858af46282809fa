import type { Issue } from "../../../core/error.js";
import { displayKey, type MimeBundle } from "../../../view/display-contract.js";
import { factsBundle, issuesBundle, joinBundles } from "../../../view/sections.js";

/** One check and its result. */
export interface CheckRow {
  readonly check: string;
  /** "unknown": nothing to compare with. "warning": usable, but look at it. "damaged": do not train from it. */
  readonly verdict: "ok" | "unknown" | "warning" | "damaged";
  /** What was found, with numbers. */
  readonly found: string;
  /** What to type. */
  readonly hint?: string;
}

const signs = { ok: "✓", unknown: "·", warning: "!", damaged: "✗" } as const;

/**
 * What `verify()` found. Shows itself as a table with a verdict.
 *
 * @example
 * const data = await openDataset("dataset/wiki");
 * const { ok, checks } = await data.verify();
 */
export class DatasetVerification {
  /** Prefix or path of the dataset. */
  readonly dataset: string;
  readonly checks: readonly CheckRow[];
  /** Findings about dataset and configuration together; empty without a configuration. */
  readonly issues: readonly Issue[];

  constructor(dataset: string, checks: readonly CheckRow[], issues: readonly Issue[]) {
    this.dataset = dataset;
    this.checks = checks;
    this.issues = issues;
  }

  /** True if nothing is damaged and no finding is an error. */
  get ok(): boolean {
    return (
      !this.checks.some(({ verdict }) => verdict === "damaged") &&
      !this.issues.some(({ severity }) => severity === "error")
    );
  }

  /** One line. */
  get verdict(): string {
    const count = (verdict: CheckRow["verdict"]) => this.checks.filter((row) => row.verdict === verdict).length;
    const errors = this.issues.filter(({ severity }) => severity === "error").length;
    const parts = [
      [count("damaged"), "damaged"],
      [errors, errors === 1 ? "error with this configuration" : "errors with this configuration"],
      [count("warning"), count("warning") === 1 ? "warning" : "warnings"],
    ]
      .filter(([number]) => number !== 0)
      .map(([number, name]) => `${number} ${name}`);
    return parts.length === 0 ? "✓ no fault found" : `${this.ok ? "!" : "✗"} ${parts.join(", ")}`;
  }

  [displayKey](): MimeBundle {
    // Not a table of columns: there long findings would be cut in text.
    const rows = this.checks.map(
      ({ check, verdict, found, hint }) =>
        [`${signs[verdict]} ${check}`, hint === undefined ? found : `${found}\n→ ${hint}`] as const,
    );
    const table = factsBundle(`Dataset verified: ${this.verdict}`, [["  dataset", this.dataset], ...rows]);
    return this.issues.length > 0 ? joinBundles([table, issuesBundle(this.issues)]) : table;
  }
}
