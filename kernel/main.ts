#!/usr/bin/env node
import { launchEngine } from "./evaluate/launch.js";

// The language engine takes the longest to start: its process begins before this one has loaded anything else.
const given = process.argv.slice(2);
const engine = given[0] === "start" ? launchEngine() : undefined;
void import("./commands.js").then(({ runCommand }) => runCommand(given, engine));
