import type { EventEmitter } from "node:events";

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
  listen();
}
