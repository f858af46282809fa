import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle } from "../../view/sections.js";

/**
 * What a repair did. Shows itself.
 *
 * @example
 * const { repaired, proven } = await repairDataset("dataset/wiki");
 */
export class Repair {
  readonly dataset: string;
  /** The repaired parts; empty if nothing was damaged. */
  readonly repaired: readonly string[];
  /** Files whose checksums now match the manifest. */
  readonly proven: number;

  constructor(dataset: string, repaired: readonly string[], proven: number) {
    this.dataset = dataset;
    this.repaired = repaired;
    this.proven = proven;
  }

  [displayKey](): MimeBundle {
    const done = this.repaired.length === 0 ? "nothing was damaged" : this.repaired.join("\n");
    return factsBundle(this.repaired.length === 0 ? "Nothing to repair" : "✓ Dataset repaired", [
      ["dataset", this.dataset],
      ["made again", done],
      ["proof", `the checksums of ${this.proven} files match the manifest`],
    ]);
  }
}
