import { createRequire, syncBuiltinESMExports } from "node:module";
import { flagIndex } from "./channels/thread-messages.js";
import { KeyboardInterrupt } from "./evaluate/interrupt.js";

type Blocking = (...given: unknown[]) => unknown;
const names = ["spawnSync", "execSync", "execFileSync"] as const;

/**
 * Lets the protocol thread know while the main thread waits for a child process that was started synchronously: nothing but the end of that
 * process gives it back then, so an interrupt has to end the child. The call then throws `KeyboardInterrupt`.
 */
export function announceBlocking(flags: Int32Array): void {
  const module = createRequire(import.meta.url)("node:child_process") as Record<(typeof names)[number], Blocking>;
  for (const name of names) module[name] = announced(module[name], flags);
  syncBuiltinESMExports();
}

function announced(original: Blocking, flags: Int32Array): Blocking {
  const wrapper = function (this: unknown, ...given: unknown[]): unknown {
    Atomics.add(flags, flagIndex.blocking, 1);
    try {
      return original.apply(this, given);
    } finally {
      Atomics.sub(flags, flagIndex.blocking, 1);
      // The interrupt is why the call came back, whatever it says.
      if (Atomics.load(flags, flagIndex.interrupt) !== 0) interrupted();
    }
  };
  return Object.defineProperties(wrapper, { name: { value: original.name }, length: { value: original.length } });
}

function interrupted(): never {
  throw new KeyboardInterrupt();
}
