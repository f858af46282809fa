// Runs prepareData for several datasets at the same time, to be killed: node prepare-victim.mjs OPTIONS, where OPTIONS
// is a JSON list. Writes lines at once, so that they arrive whatever happens next: "go"; {"run", "given"}: bytes of
// text that go to a thread; {"run", "notes"}: the dataset is there.
import { AsyncLocalStorage } from "node:async_hooks";
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { prepareData } from "../../dist/src/data/prepare.js";

const say = (value) => writeSync(1, `${JSON.stringify(value)}\n`);
const whose = new AsyncLocalStorage();
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (message, ...more) {
  if (message?.bytes) say({ run: whose.getStore(), given: message.bytes.length });
  return postMessage.call(this, message, ...more);
};

writeSync(1, "go\n");
const runs = JSON.parse(process.argv[2]).map((options, run) =>
  whose.run(run, async () => say({ run, notes: (await prepareData(options)).notes })),
);
await Promise.all(runs);
