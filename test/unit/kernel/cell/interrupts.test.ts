import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import type { Cell } from "../../../../kernel/cell/cell-context.js";
import { createInterrupts } from "../../../../kernel/cell/interrupts.js";
import { untilAborted } from "../../../../kernel/cell/keyboard-interrupt.js";
import { flagBytes, flagIndex } from "../../../../kernel/core/flags.js";

const cell = (): Cell => ({
  parent: { msg_id: "1", session: "", username: "", date: "", msg_type: "execute_request", version: "" },
  identities: [],
  silent: false,
  interactive: false,
  executionCount: 1,
  abort: new AbortController(),
});

function setUp() {
  const flags = new Int32Array(new SharedArrayBuffer(flagBytes));
  let late: (() => void) | undefined;
  const interrupts = createInterrupts({
    flags,
    evaluator: () => undefined,
    barrier: async () => late?.(),
  });
  return { flags, interrupts, arriveLate: (call: () => void) => (late = call) };
}

it("aborts the running cell with a KeyboardInterrupt", () => {
  const { interrupts, flags } = setUp();
  const running = cell();
  interrupts.begin(running);
  interrupts.interrupt();
  expect(running.abort.signal.reason.name).toBe("KeyboardInterrupt");
  expect(flags[0]).toBe(1);
});

it("an interrupt between cells leaves no trace", () => {
  const { interrupts, flags } = setUp();
  flags[0] = 1;
  interrupts.interrupt();
  expect(flags[0]).toBe(0);
});

it("the end of an interrupted cell waits for the message that belongs to the flag, so that it cannot hit the next cell", async () => {
  const { interrupts, flags, arriveLate } = setUp();
  const first = cell();
  const second = cell();
  arriveLate(() => interrupts.interrupt());
  interrupts.begin(first);
  flags[0] = 1;
  await interrupts.end(first);
  interrupts.begin(second);
  expect(flags[0]).toBe(0);
  expect(second.abort.signal.aborted).toBe(false);
});

it("the end of an interrupted cell waits for the signal that may be on its way", async () => {
  const { interrupts, flags } = setUp();
  const first = cell();
  const second = cell();
  interrupts.begin(first);
  interrupts.interrupt();
  flags[flagIndex.signaling] = 1;
  const worker = new Worker(
    `const { flags, index } = require("node:worker_threads").workerData;
     setTimeout(() => {
       process.kill(process.pid, "SIGINT"); Atomics.store(flags, index, 0); Atomics.notify(flags, index);
     }, 50);`,
    { eval: true, workerData: { flags, index: flagIndex.signaling } },
  );
  const exit = once(worker, "exit");
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    interrupts.interrupt();
  };
  process.on("SIGINT", onSignal);
  try {
    await interrupts.end(first);
    interrupts.begin(second);
    await exit;
  } finally {
    process.off("SIGINT", onSignal);
  }
  expect(signals).toBe(1);
  expect(second.abort.signal.aborted).toBe(false);
});

it("waiting ends when the signal is aborted, before or meanwhile, with its reason", async () => {
  const never = new Promise<never>(() => {});
  const controller = new AbortController();
  const waiting = untilAborted(controller.signal, never);
  controller.abort(new Error("now"));
  await expect(waiting).rejects.toThrow("now");
  await expect(untilAborted(controller.signal, never)).rejects.toThrow("now");
  await expect(untilAborted(new AbortController().signal, Promise.resolve(5))).resolves.toBe(5);
  await expect(untilAborted(new AbortController().signal, Promise.reject(new Error("own")))).rejects.toThrow("own");
});
