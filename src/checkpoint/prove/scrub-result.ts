import type { Issue } from "../../core/error.js";
import { formatBytes, formatCount, formatDuration } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, issuesBundle, joinBundles } from "../../view/sections.js";

/** Figures of a scrub. */
export interface ScrubFacts {
  readonly step: number | undefined;
  /** ISO 8601 in UTC. */
  readonly sealedAt: string;
  readonly files: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/**
 * The result of comparing a checkpoint with its seal.
 *
 * @example
 * const checkpoint = await openCheckpoint("runs/first/output/checkpoint");
 * const { ok, findings } = await checkpoint.scrub(); // findings name file and byte range
 */
export class ScrubResult {
  /** True if every byte is as sealed. */
  readonly ok: boolean;
  /** One for each damaged file, with rank, byte range and tensors. */
  readonly findings: readonly Issue[];
  readonly facts: ScrubFacts;

  constructor(facts: ScrubFacts, findings: readonly Issue[]) {
    this.facts = facts;
    this.findings = findings;
    this.ok = findings.length === 0;
  }

  [displayKey](): MimeBundle {
    const { step, sealedAt, files, bytes, milliseconds } = this.facts;
    const title = step === undefined ? "Scrubbed checkpoint" : `Scrubbed checkpoint of step ${formatCount(step)}`;
    const lines: [string, string][] = [
      ["result", this.ok ? "✓ every byte is as sealed" : `✗ ${this.findings.length} of ${files} files differ`],
      ["sealed", `${sealedAt.replace("T", " ").slice(0, 19)} UTC`],
      ["read", `${formatCount(files, "file")}, ${formatBytes(bytes)}, in ${formatDuration(milliseconds)}`],
    ];
    return joinBundles([factsBundle(title, lines), issuesBundle(this.findings)]);
  }
}
