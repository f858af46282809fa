// The kernel's evaluator and output in a process of their own, without sockets: cells come in and messages go out over
// Node's IPC.
import { Worker } from "node:worker_threads";
import { beginCell, endCell, runInCell } from "../../dist/kernel/cell/cell-context.js";
import { keepListening } from "../../dist/kernel/core/kept-listeners.js";
import { createOutput } from "../../dist/kernel/output/output.js";
import { launchEvaluator } from "../../dist/kernel/start/launch-evaluator.js";

const interruptFlag = new Int32Array(new SharedArrayBuffer(4));
const output = createOutput({ publisher: { publish: (message) => process.send({ message }) } });
output.install();
const evaluator = await launchEvaluator()({
  workingDirectory: process.cwd(),
  packages: JSON.parse(process.argv[2]),
  interruptFlag,
});
let count = 0;

async function execute({ id, code, silent = false, interrupt = false, interruptBefore = false }) {
  const parent = { msg_id: id, session: "s", username: "u", date: "", msg_type: "execute_request", version: "5.3" };
  const cell = {
    parent,
    identities: [],
    silent,
    interactive: true,
    executionCount: ++count,
    abort: new AbortController(),
  };
  beginCell(cell);
  let interrupted;
  // A cell says itself when it has come to the point at which it is to be interrupted.
  globalThis.interruptNow = () => {
    if (interrupt) interrupted ??= interruptFromThread();
  };
  if (interruptBefore) interruptFlag[0] = 1;
  const outcome = await runInCell(cell, () => evaluator.execute(code));
  if (outcome.result !== undefined) await runInCell(cell, () => output.publishResult(cell, outcome.result.value));
  if (outcome.failure !== undefined) output.publishError(cell, outcome.failure);
  await output.flush();
  output.finish(cell);
  // No interrupt may hit the next cell.
  await interrupted;
  endCell(cell);
  return { status: outcome.status, failure: outcome.failure };
}

keepListening("SIGINT", () => {});

/** As the protocol thread does it: flag and message, and a signal if the flag isn't noticed. */
function interruptFromThread() {
  const source = `const { workerData, parentPort } = require("node:worker_threads");
    workerData[0] = 1;
    parentPort.postMessage(1);
    setTimeout(() => { if (workerData[0] === 1) process.kill(process.pid, "SIGINT"); }, 500);`;
  const worker = new Worker(source, { eval: true, workerData: interruptFlag });
  worker.on("message", () => evaluator.interrupt());
  return new Promise((resolve) => worker.on("exit", resolve));
}

const answer = {
  execute,
  complete: ({ code, cursor }) => evaluator.complete(code, cursor),
  inspect: ({ code, cursor, detail }) => evaluator.inspect(code, cursor, detail),
  isComplete: ({ code }) => evaluator.isComplete(code),
};

process.on("message", async (request) => {
  const reply = await answer[request.kind](request);
  process.send({ id: request.id, reply });
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: true });
