import { setImmediate } from "node:timers/promises";

/** Everything that leaves by one socket: one send in flight, in the order of `push`, nothing dropped. */
export interface Outbox {
  push(frames: readonly Uint8Array[]): void;
  /** Resolves when all that was pushed so far has been handed to the socket (or reported as failed). */
  drained(): Promise<void>;
}

export interface OutboxOptions {
  readonly send: (frames: readonly Uint8Array[]) => Promise<void>;
  /** A send that failed; the next one is tried all the same. */
  readonly onFailure: (error: unknown) => void;
}

/** Sends after which the thread looks after its other sockets; without it a burst would keep the heartbeat waiting. */
const sendsPerTurn = 64;

/**
 * Needed because zeromq.js refuses a send while another one is under way, and un-awaited sends are lost at the
 * high-water mark.
 */
export function createOutbox({ send, onFailure }: OutboxOptions): Outbox {
  let waiting: (readonly Uint8Array[])[] = [];
  let sending: Promise<void> | undefined;

  const sendAll = async (): Promise<void> => {
    let sends = 0;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      for (const frames of batch) {
        await send(frames).catch(onFailure);
        sends += 1;
        if (sends % sendsPerTurn === 0) await setImmediate();
      }
    }
    sending = undefined;
  };

  return {
    push(frames) {
      waiting.push(frames);
      sending ??= sendAll();
    },
    async drained() {
      await sending;
    },
  };
}
