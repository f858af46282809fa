import { formatBytes, formatCount } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle } from "../../view/sections.js";
import type { Seal } from "./seal-format.js";

/**
 * A seal that was just made.
 *
 * @example
 * const checkpoint = await openCheckpoint("runs/first/output/checkpoint");
 * const { path } = await checkpoint.seal(); // file of the checksums
 */
export class SealResult {
  /** File of the seal. */
  readonly path: string;
  readonly seal: Seal;
  /** Files that differ from the seal that this one replaces. */
  readonly changed: readonly string[];
  readonly #before: Seal | undefined;

  constructor(path: string, seal: Seal, replaced: { readonly before: Seal | undefined; readonly changed: string[] }) {
    this.path = path;
    this.seal = seal;
    this.changed = replaced.changed;
    this.#before = replaced.before;
  }

  [displayKey](): MimeBundle {
    const { step, files } = this.seal;
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const title = step === undefined ? "Sealed checkpoint" : `Sealed checkpoint of step ${formatCount(step)}`;
    const replaced = this.#before && [`the seal of ${utc(this.#before.sealedAt)}; ${this.#difference()}`];
    return factsBundle(title, [
      ["sealed", `${formatCount(files.length, "file")}, ${formatBytes(bytes)}`],
      ...(replaced ?? []).map((text): [string, string] => ["replaces", text]),
      ["file", this.path],
      ["next", "await checkpoint.scrub()"],
    ]);
  }

  #difference(): string {
    const [first, ...more] = this.changed;
    if (first === undefined) return "no file changed since";
    return `changed since: ${first}${more.length > 0 ? ` and ${formatCount(more.length, "other file")}` : ""}`;
  }
}

/** Files that an earlier seal holds with other bytes. */
export function changedFiles(seal: Seal, before: Seal | undefined): string[] {
  const old = new Map(before?.files.map((file) => [file.path, file.blocks]));
  return seal.files.filter(({ path, blocks }) => (old.get(path) ?? blocks) !== blocks).map(({ path }) => path);
}

/** A time of a seal as people read it. */
export function utc(time: string): string {
  return `${time.replace("T", " ").slice(0, 19)} UTC`;
}
