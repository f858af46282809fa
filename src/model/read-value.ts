/** Reads one value of a configuration by its path. */
export type ReadValue = (path: string) => unknown;

/**
 * A whole number ≥ 1 at the path, or the default if nothing (or something else, which the type check reports) stands
 * there.
 */
export function positive(get: ReadValue, path: string, otherwise = 1): number {
  const value = get(path);
  return typeof value === "number" && Number.isInteger(value) && value >= 1 ? value : otherwise;
}
