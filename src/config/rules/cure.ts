import type { FixStep } from "../../core/error.js";

/** How a finding is removed: the line to type, and the same as edits for `config.fix()`. */
export interface Cure {
  readonly hint: string;
  readonly fix?: readonly FixStep[];
}

/** The line that sets a value. */
export function setLine(path: string, value: unknown): string {
  return `config.set("${path}", ${JSON.stringify(value)})`;
}

/** Set one value. */
export function setTo(path: string, value: unknown): Cure {
  return { hint: setLine(path, value), fix: [{ kind: "set", path, value }] };
}

/** Set several values together. */
export function setAll(values: readonly (readonly [path: string, value: unknown])[]): Cure {
  const calls = values.map(([path, value]) => setLine(path, value).replace(/^config/, ""));
  return { hint: `config${calls.join("")}`, fix: values.map(([path, value]) => ({ kind: "set", path, value })) };
}

/** Take a key away. */
export function takeAway(path: string, hint = `config.unset("${path}")`): Cure {
  return { hint, fix: [{ kind: "unset", path }] };
}

/** Give a key another name where it stands. */
export function renameTo(path: string, to: string, hint = `rename it to ${to}`): Cure {
  return { hint, fix: [{ kind: "rename", path, to }] };
}

/** A cure that only the user can carry out. */
export function byHand(hint: string): Cure {
  return { hint };
}

/** Several ways, the nearest first; code takes the first. */
export function oneOf(cures: readonly Cure[]): Cure {
  const [first] = cures;
  const hint = cures.map((cure) => cure.hint).join("  or  ");
  return first?.fix === undefined ? { hint } : { hint, fix: first.fix };
}
