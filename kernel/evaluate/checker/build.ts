import { buildSnapshot } from "./build-snapshot.js";
import { findSnapshot, isSwitchedOff } from "./snapshot.js";

// Builds the snapshot if there is none; with --check it only says (by its exit code) whether there is one.
const { found, place } = findSnapshot();
if (process.argv.includes("--check")) process.exitCode = found === undefined && !isSwitchedOff() ? 1 : 0;
else if (found === undefined && place !== undefined && !isSwitchedOff()) buildSnapshot(place);
