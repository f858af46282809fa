#!/usr/bin/env node
// `mindformers-lab`: doctor works before anything is built; every other command is the kernel's.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./layout.mjs";
import { doctor } from "./setup.mjs";

const kernel = join(root, "dist", "kernel", "main.js");
if (process.argv[2] === "doctor") {
  process.exitCode = doctor() ? 0 : 1;
} else if (existsSync(kernel)) {
  await import(pathToFileURL(kernel).href);
} else {
  console.error("mindformers-lab: not built yet\n  cure: npm run setup");
  process.exitCode = 1;
}
