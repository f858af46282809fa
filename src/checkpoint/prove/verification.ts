import type { Issue } from "../../core/error.js";
import { formatBytes, formatCount, formatDuration } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, issuesBundle, joinBundles } from "../../view/sections.js";

/** Figures of a verification. */
export interface VerificationFacts {
  readonly step: number | undefined;
  readonly ranks: number;
  readonly tensors: number;
  /** Bytes read over all ranks. */
  readonly bytes: number;
  readonly milliseconds: number;
  /**
   * Tensors that several ranks hold, and how many of them have the same bytes everywhere; replicas should, slices of
   * one tensor don't.
   */
  readonly shared: number;
  readonly identical: number;
  /** Shared tensors that differ because each rank computes its own: counters, `router.expert_bias`. */
  readonly ownOfRank: readonly string[];
  readonly files: number;
  /** Files whose bytes a stored CRC-32 or a seal has proved. */
  readonly checksummedFiles: number;
  /** When the seal that proved them was made; undefined without one. */
  readonly sealedAt?: string;
}

/**
 * The result of reading every byte of a checkpoint. Shows itself as facts and findings.
 *
 * @example
 * const checkpoint = await openCheckpoint("runs/first/output/checkpoint");
 * const { ok, findings } = await checkpoint.verify();
 */
export class Verification {
  /** True if no finding is an error. */
  readonly ok: boolean;
  readonly findings: readonly Issue[];
  readonly facts: VerificationFacts;

  constructor(facts: VerificationFacts, findings: readonly Issue[]) {
    this.facts = facts;
    this.findings = findings;
    this.ok = findings.every((finding) => finding.severity !== "error");
  }

  [displayKey](): MimeBundle {
    const { step, ranks, tensors, bytes, milliseconds, shared, files, checksummedFiles } = this.facts;
    const isJudged = this.findings.every(({ rule }) => rule !== "checkpoint-ranks-unjudged");
    const lines: [string, string][] = [
      ["result", this.ok ? soundness(this.facts, isJudged) : "✗ damaged"],
      [
        "read",
        `${formatCount(tensors, "tensor")}, ${formatBytes(bytes)}, ${formatCount(ranks, "rank")}, ` +
          `in ${formatDuration(milliseconds)}`,
      ],
    ];
    if (shared > 0) lines.push(["replicas", replicasText(this.facts)]);
    lines.push(["checksums", proofText(checksummedFiles, files)]);
    const title = step === undefined ? "Checkpoint" : `Checkpoint of step ${formatCount(step)}`;
    return joinBundles([factsBundle(title, lines), issuesBundle(this.findings)]);
  }
}

function proofText(checked: number, files: number): string {
  if (files > 0 && checked === files) return "every file matches its checksums";
  const some = checked > 0 ? `${formatCount(checked)} of ${formatCount(files)} files have checksums; ` : "";
  return `${some}without checksums a changed but plausible value can't be seen: await checkpoint.seal()`;
}

const named = 3;

function replicasText({ shared, identical, ownOfRank }: VerificationFacts): string {
  const counted = `${formatCount(identical)} of ${formatCount(shared)} shared tensors are identical on all their ranks`;
  if (ownOfRank.length === 0) return counted;
  const rest = ownOfRank.length - named;
  const names = `${ownOfRank.slice(0, named).join(", ")}${rest > 0 ? `, and ${formatCount(rest)} more` : ""}`;
  return `${counted}\nexpected to differ, because each rank computes its own: ${names}`;
}

/** Only checksums prove every byte; without them nothing was found, which is less. */
function soundness({ checksummedFiles, files }: VerificationFacts, isJudged: boolean): string {
  if (files > 0 && checksummedFiles === files) return "✓ sound";
  return isJudged ? "✓ no damage found" : "! no damage found, but the ranks differ";
}
