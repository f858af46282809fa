import { setImmediate } from "node:timers/promises";
import type { MimeBundle } from "../../src/view/display-contract.js";
import { type Cell, hideCellContext, runInCell } from "../cell/cell-context.js";
import type { Publisher } from "../cell/publisher.js";
import type { NativePipes } from "../core/native-pipes.js";
import type { Failure } from "../report/failure.js";
import { errorText } from "../report/failure.js";
import { installExit } from "./exit.js";
import { captureChildren } from "./flow/child-output.js";
import { captureDescriptors } from "./flow/descriptors.js";
import { createDisplayFlow } from "./flow/display-flow.js";
import { createDrain, listenToNative } from "./flow/native-output.js";
import { createStreams, type Streams } from "./flow/streams.js";
import type { StreamName } from "./flow/text-flow.js";
import { createHost, type HostServices, installHost } from "./host.js";
import { lookOf } from "./looks/mime.js";
import { installStdin } from "./stdin.js";
import { installUncaught } from "./uncaught.js";

/** All output of cells on its way to the publisher. */
export interface Output {
  /**
   * Takes over stdout, stderr (also of child processes that inherit them), uncaught errors and `exit` of this process
   * and puts the host object on globalThis.
   */
  install(): void;
  /** Resolves when everything that was written and displayed so far has been handed to the publisher. */
  flush(): Promise<void>;
  /** Sends `execute_result`; nothing for silent cells. */
  publishResult(cell: Cell, value: unknown): Promise<void>;
  /** Sends `error`; nothing for silent cells. */
  publishError(cell: Cell, failure: Failure): void;
  /** Says what of a cell was too much to be shown; for when it is over. */
  finish(cell: Cell): void;
  /** Hands what was written so far to the publisher, without waiting for displays that are still being made. */
  flushStreams(): void;
  /** Shows an error of code that nobody awaits, under the cell or message that it belongs to. */
  showError(what: string, error: unknown): void;
  /** How a value looks: what it says itself, else as Node prints it. */
  mimeBundle(value: unknown): Promise<MimeBundle>;
}

export interface OutputOptions {
  readonly publisher: Publisher;
  readonly services?: HostServices;
  /** What stands behind the descriptors 1 and 2. */
  readonly native?: NativePipes;
}

const asItWas: NativePipes = { read: [undefined, undefined], original: [1, 2] };

export function createOutput({ publisher, services, native = asItWas }: OutputOptions): Output {
  const streams = createStreams(publisher, undefined, createDrain(native.read));
  const flow = createDisplayFlow(publisher);
  const host = createHost({ publisher, streams, flow, services });
  /** Native output was taken for the result; nothing but what the cell left behind has run since. */
  let looked = false;
  return {
    mimeBundle: async (value) => lookOf(value),
    async flush() {
      // Rejections that nobody handles are reported at the end of the current turn.
      await setImmediate();
      await host.settled();
      streams.flush({ native: !looked });
      looked = false;
    },
    finish(cell) {
      const left = flow.finish(cell);
      if (left !== "" && !cell.silent) runInCell(cell, () => streams.write("stderr", left));
      streams.finish(cell);
    },
    flushStreams: () => streams.flush(),
    showError: (what, error) => streams.write("stderr", `${what}\n${errorText(error)}\n`),
    install() {
      hideCellContext();
      takeOver(process.stdout, "stdout", streams);
      takeOver(process.stderr, "stderr", streams);
      installUncaught(streams);
      installExit();
      captureChildren(native, () => streams.flush());
      captureDescriptors((name, data, encoding) => streams.write(name, data, encoding));
      listenToNative(native.read, (name, bytes) => streams.take(name, bytes));
      if (services?.input !== undefined) installStdin(services.input);
      installHost(host);
    },
    async publishResult(cell, value) {
      if (cell.silent) return;
      const data = await lookOf(value);
      await host.settled();
      streams.flush();
      looked = true;
      publisher.publish({
        type: "execute_result",
        parent: cell.parent,
        content: { execution_count: cell.executionCount, data, metadata: {} },
      });
    },
    publishError(cell, { ename, evalue, traceback }) {
      if (cell.silent) return;
      streams.flush();
      publisher.publish({ type: "error", parent: cell.parent, content: { ename, evalue, traceback } });
    },
  };
}

type Written = (error?: Error | null) => void;

/**
 * Sends what is written to a stream of this process to the front end; it no longer claims to be a terminal, so that
 * nobody sends it colors.
 */
function takeOver(stream: NodeJS.WriteStream, name: StreamName, streams: Streams): void {
  const write = (data: string | Uint8Array, encoding?: BufferEncoding | Written, written?: Written): boolean => {
    streams.write(name, data, typeof encoding === "string" ? encoding : undefined);
    const done = typeof encoding === "function" ? encoding : written;
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  Object.defineProperty(stream, "write", { value: write, configurable: true, writable: true });
  Object.defineProperty(stream, "isTTY", { value: false, configurable: true });
}
