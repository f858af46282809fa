import type { MimeBundle } from "./display-contract.js";

/** Most bytes that one output may have, over all its MIME types (UTF-8, JSON values serialized). */
export const maximumBundleBytes = 64 * 1024;

/** Bytes of a bundle as it goes into the notebook file. */
export function bundleBytes(bundle: MimeBundle): number {
  return Object.values(bundle).reduce<number>((sum, value) => {
    return sum + Buffer.byteLength(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  }, 0);
}

/**
 * Draws with one set of limits after the other, from generous to strict, and returns the first bundle within the budget
 * (or the last one).
 */
export function fitBundle<Limits>(levels: readonly Limits[], draw: (limits: Limits) => MimeBundle): MimeBundle {
  let bundle: MimeBundle = {};
  for (const limits of levels) {
    bundle = draw(limits);
    if (bundleBytes(bundle) <= maximumBundleBytes) return bundle;
  }
  return bundle;
}
