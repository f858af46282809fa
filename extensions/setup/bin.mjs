#!/usr/bin/env node
// `mindformers-lab`: the set-up's part of doctor works before anything is built; the rest, and every other command, is
// the kernel's.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { placeExtension } from "./figures.mjs";
import { root } from "./layout.mjs";
import { doctor } from "./setup.mjs";

const kernel = join(root, "dist", "kernel", "main.js");
const [command, ...flags] = process.argv.slice(2);
// With flags the kernel of another place is meant. An installed package has neither a lock file nor steps.
const isHere = flags.length === 0 && existsSync(join(root, "package-lock.json"));
if (command === "doctor" && isHere && !doctor()) process.exitCode = 1;
if (existsSync(kernel)) {
  if (command === "doctor" && isHere) console.log("The kernel:");
  await import(pathToFileURL(kernel).href);
  // Wrong arguments and folders are the kernel's to report.
  const places = command === "install" || command === "uninstall";
  const done = places && (await placeExtension(process.argv.slice(2)).catch(() => undefined));
  if (done) console.log(done);
} else if (command !== "doctor" || !isHere) {
  console.error("mindformers-lab: not built yet\n  fix: npm run setup");
  process.exitCode = 1;
}
