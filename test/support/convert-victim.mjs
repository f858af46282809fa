// Runs one verb of a checkpoint, to be killed: node convert-victim.mjs VERB FOLDER OUTPUT. Prints "go" when it begins
// and "done" at the end.
import { writeSync } from "node:fs";
import { openCheckpoint, openCheckpoints } from "../../dist/src/index.js";

const targets = { merge: { fileBytes: 300_000 }, reshard: { dp: 2 } };
const [verb, folder, output] = process.argv.slice(2);
const checkpoint = await openCheckpoint(folder, { strategy: "replicas" });
writeSync(1, "go\n");
if (verb === "seal") await checkpoint.seal();
else if (verb === "retention") {
  await (await (await openCheckpoints(folder)).retention({ keepLast: 1 })).apply();
} else await (await checkpoint[verb]({ output, ...targets[verb] })).run();
writeSync(1, "done\n");
