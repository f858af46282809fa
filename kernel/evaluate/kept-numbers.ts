import { keptName } from "./guards.js";

/** A loop puts no more variables away than these. */
export const mostKept = 64;
/** Stands for the number of a variable that is in `exports`. A number that nothing computes. */
export const absent = -4e-310;

/**
 * Puts on globalThis where loops of cells put away the numbers that they assign to locals: to `exports`, which would
 * need an object for each fraction, takes five times as long. The loop names its variables in `names`.
 */
export function createKeptNumbers(): void {
  const kept = Object.assign(new Float64Array(mostKept), { names: "" });
  Object.defineProperty(globalThis, keptName, { value: kept, configurable: true });
}

/** Gives the variables of a loop their values after SIGINT has ended it: V8 has run no `finally`. */
export function restoreKept(variables: Record<string, unknown>): void {
  const kept = (globalThis as Record<string, unknown>)[keptName] as Float64Array & { names: string };
  if (kept.names === "") return;
  for (const [place, name] of kept.names.split(",").entries())
    if (kept[place] !== absent) variables[name] = kept[place];
  kept.names = "";
}
