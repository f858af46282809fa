import { types } from "node:util";

/** Whether an object is a proxy that has every property, so that having one says nothing. Never throws. */
export function isCatchAll(value: object): boolean {
  if (!types.isProxy(value)) return false;
  try {
    return (value as Record<symbol, unknown>)[Symbol("any")] !== undefined;
  } catch {
    return true;
  }
}
