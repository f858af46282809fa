import { createRequire } from "node:module";
import { join } from "node:path";
import { buildPrograms } from "../../../program/build-program.js";
import { isMissing, isSwitchedOff } from "../../../program/stored-program.js";
import type { TypeScript } from "../../guards.js";
import { buildSnapshot } from "./build-snapshot.js";
import { findSnapshot } from "./snapshot.js";

// Builds what makes kernels start faster, if it isn't there: the snapshot of the type checker, the kernel's modules in
// one script. With --check it only says (by its exit code) whether it is there.
const { found, place } = findSnapshot();
const lacksPrograms = isMissing();
const isDone = isSwitchedOff() || (found !== undefined && !lacksPrograms);
if (process.argv.includes("--check")) process.exitCode = isDone ? 0 : 1;
else if (!isDone) {
  const compiler = createRequire(import.meta.url)("typescript") as TypeScript;
  if (lacksPrograms) buildPrograms(compiler, join(import.meta.dirname, "..", "..", ".."));
  if (found === undefined && place !== undefined) buildSnapshot(place);
}
