import type { EventEmitter } from "node:events";

const own = new WeakSet<(...given: never[]) => unknown>();

/**
 * Listens to an event of the process for as long as it lives. Libraries call
 * `process.removeAllListeners("uncaughtException")` and the like, which would leave the kernel to the next error in a
 * timer or to the next interrupt.
 */
export function keepListening<Given extends unknown[]>(event: string, listener: (...given: Given) => void): void {
  const events: EventEmitter = process;
  const given = listener as (...given: unknown[]) => void;
  const listen = (): void => {
    if (!events.listeners(event).includes(given)) events.on(event, given);
    if (!events.listeners("removeListener").includes(whenRemoved)) events.on("removeListener", whenRemoved);
  };
  const whenRemoved = (_: unknown, removed: unknown): void => {
    // Later, as all may be removed one after the other, this one as well.
    if (removed === given || removed === whenRemoved) queueMicrotask(listen);
  };
  own.add(given);
  own.add(whenRemoved);
  listen();
}

/** Listeners of the process that are not the kernel's, as `rawListeners` has them. */
export function foreignListeners(event: string): ((...given: unknown[]) => void)[] {
  const events: EventEmitter = process;
  const all = events.rawListeners(event) as ((...given: unknown[]) => void)[];
  return all.filter((listener) => !own.has(listener));
}

/**
 * Makes the process listen for a signal anew. Node forgets the system's handler of a listener that was added while a
 * script ran with `breakOnSigint`: the next SIGINT would end the process (Node 20).
 */
export function listenAnew(signal: NodeJS.Signals): void {
  const events: EventEmitter = process;
  const listeners = events.rawListeners(signal) as ((...given: unknown[]) => void)[];
  events.removeAllListeners(signal);
  for (const listener of listeners) events.on(signal, listener);
}
