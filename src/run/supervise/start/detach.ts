import { startProgram } from "../../../core/process.js";

/**
 * Program that starts another and ends: `node detach.js <program> <argument>…`. What it started is then no descendant
 * of anybody. Some front ends (VS Code) end all descendants of a kernel together with the kernel, those in sessions
 * of their own too.
 */
startProgram({ argv: process.argv.slice(2), outputTo: 1, outlive: true }).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
