import { createRequire, syncBuiltinESMExports } from "node:module";

export type ChildFunction = (...given: unknown[]) => unknown;

/** Functions of `node:child_process` that wait for the child process. */
export const blockingFunctions = ["spawnSync", "execSync", "execFileSync"] as const;

/** Puts others in the place of functions of `node:child_process`, also for those who have imported them. */
export function wrapChildFunctions(names: readonly string[], wrap: (original: ChildFunction) => ChildFunction): void {
  const module = createRequire(import.meta.url)("node:child_process") as Record<string, ChildFunction>;
  for (const name of names) {
    const original = module[name] as ChildFunction;
    const { length } = original;
    module[name] = Object.defineProperties(wrap(original), { name: { value: name }, length: { value: length } });
  }
  syncBuiltinESMExports();
}
