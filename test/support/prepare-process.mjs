// Runs prepareData once: node prepare-process.mjs OPTIONS. Prints "go" when it begins and the notes as JSON when it is
// done.
import { prepareData } from "../../dist/src/data/prepare.js";

process.stdout.write("go\n");
const data = await prepareData(JSON.parse(process.argv[2]));
process.stdout.write(`${JSON.stringify({ notes: data.notes, prefix: data.prefix })}\n`);
