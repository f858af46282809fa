// The built kernel with an evaluator that starts at once: plain JavaScript in this process. For tests of the wire only.
import { readConnection } from "../../dist/kernel/channels/connection.js";
import { makeNamedPipes } from "../../dist/kernel/core/native-pipes.js";
import { startKernel } from "../../dist/kernel/start/kernel.js";

const AsyncFunction = (async () => {}).constructor;

/**
 * A cell is the body of an async function; `return` gives its result. `flag()` says whether an interrupt was asked for.
 */
function createStandIn({ interruptFlag }) {
  const stops = new Set();
  return {
    async execute(code) {
      let stop;
      const interrupted = new Promise((_, reject) => {
        stop = () => reject(Object.assign(new Error("Execution interrupted"), { name: "KeyboardInterrupt" }));
      });
      stops.add(stop);
      try {
        const run = new AsyncFunction("flag", code);
        const value = await Promise.race([run(() => interruptFlag[0] === 1), interrupted]);
        return value === undefined ? { status: "ok" } : { status: "ok", result: { value } };
      } catch (error) {
        const { name, message } = error;
        return { status: "error", failure: { ename: name, evalue: message, traceback: [`${name}: ${message}`] } };
      } finally {
        stops.delete(stop);
      }
    },
    complete: (code, cursor) => ({
      matches: [{ text: code.slice(0, cursor), kind: "text" }],
      start: 0,
      end: cursor,
    }),
    inspect: (code, cursor) => (code === "" ? undefined : { text: code.slice(0, cursor), markdown: code }),
    isComplete: () => ({ status: "complete" }),
    interrupt() {
      for (const stop of stops) stop();
    },
    close() {},
  };
}

const connection = await readConnection(process.argv[2]);
const pipes = await makeNamedPipes();
await startKernel({ connection, loadEvaluator: async (options) => createStandIn(options), pipes });
