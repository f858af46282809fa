import { startupSnapshot } from "node:v8";
import compiler from "typescript";
import { checkerOptions, createChecker } from "../process/checker.js";
import { serve } from "../process/serve.js";
import { warmUp } from "./warm-up.js";

// What `node --build-snapshot` runs (as one script; see `snapshot-script.ts`). Arguments: folder of the libraries,
// folder of Node's types.
const [libraries = "", typeRoot = ""] = process.argv.slice(2);
const options = checkerOptions(compiler, { libraries, typeRoot });
warmUp(options, libraries);
startupSnapshot.setDeserializeMainFunction(() => serve(createChecker(options)));
