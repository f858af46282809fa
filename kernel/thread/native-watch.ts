import { StringDecoder } from "node:string_decoder";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { MessageHeader, Publisher } from "../cell/publisher.js";
import { now } from "../core/clock.js";
import { createDrain, type NativeDescriptors } from "../output/flow/native-output.js";
import { createTextFlow } from "../output/flow/text-flow.js";
import type { ToThread } from "./thread-messages.js";

/** How often output of native code is looked for while a cell runs, in ms. */
const interval = 100;

export interface NativeWatch {
  cellBegins(cell: WatchedCell): void;
  cellEnds(parent: MessageHeader): void;
}

export interface WatchedCell {
  readonly parent: MessageHeader;
  readonly silent: boolean;
}

export interface NativeWatchOptions {
  readonly descriptors: NativeDescriptors;
  readonly publisher: Publisher;
  /** Of the main thread, and what takes its messages. */
  readonly port: MessagePort;
  readonly accept: (message: ToThread) => void;
}

/**
 * Shows what native code and child processes write while a cell blocks the main thread, which else reads it. A pipe
 * that nobody reads would fill up, and the writer would wait for ever.
 */
export function createNativeWatch({ descriptors, publisher, port, accept }: NativeWatchOptions): NativeWatch {
  const cells = new Map<string, WatchedCell & { readonly executionCount: number }>();
  const flow = createTextFlow(publisher, now);
  const drain = createDrain(descriptors);
  const decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  let timer: NodeJS.Timeout | undefined;
  // Outlives its cell, because a timer for each of many short cells would cost more than the cells.
  const lookLater = (): void => {
    timer = setTimeout(() => {
      timer = undefined;
      if (cells.size === 0) return;
      look();
      lookLater();
    }, interval);
  };
  const look = (): void => {
    // What the main thread has sent was written before.
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port))
      for (const message of next.message as readonly ToThread[]) accept(message);
    const cell = [...cells.values()].at(-1);
    const isFound = drain((name, bytes) => {
      const text = decoders[name].write(bytes);
      if (cell?.silent === false && text !== "") flow.send(cell, name, text);
    });
    if (isFound && cells.size > 0) setImmediate(look);
  };
  const isNeeded = descriptors.some((one) => one !== undefined);
  return {
    cellBegins(cell) {
      if (!isNeeded) return;
      cells.set(cell.parent.msg_id, { ...cell, executionCount: 0 });
      if (timer === undefined) lookLater();
    },
    cellEnds(parent) {
      const cell = cells.get(parent.msg_id);
      if (cell === undefined) return;
      cells.delete(parent.msg_id);
      flow.finish(cell);
    },
  };
}
