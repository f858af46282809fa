#!/usr/bin/env node
import { readStored, runStored } from "./program/stored-program.js";

const given = process.argv.slice(2);
// The other evaluator's modules, and those of the other commands, aren't in the stored program.
const isUsual = given[0] === "start" && process.env.MINDFORMERS_LAB_EVALUATOR !== "tslab";
const stored = isUsual ? readStored("kernel") : undefined;
if (stored !== undefined) (runStored(stored) as typeof import("./start/launch.js")).launch(given);
else void import("./start/launch.js").then(({ launch }) => launch(given));
