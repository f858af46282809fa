#!/usr/bin/env node
import { writeSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, parseCommand, usage } from "./arguments.js";
import { readConnection } from "./connection.js";
import { KernelError } from "./error.js";
import { installKernelspec, uninstallKernelspec } from "./install.js";
import { kernelspecFolder } from "./kernelspec.js";
import { packageManifest } from "./package-manifest.js";

async function main(args: readonly string[]): Promise<void> {
  try {
    await run(parseCommand(args));
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    // Not console.error: once the kernel has started, that belongs to cells.
    writeSync(2, `mindformers-lab: ${error.message}\n  cure: ${error.hint}\n`);
    process.exit(1);
  }
}

async function run(command: Command): Promise<void> {
  if (command.kind === "version") console.log(packageManifest().version);
  else if (command.kind === "help") console.log(usage);
  else if (command.kind === "start") await start(command.connectionFile);
  else await changeKernelspec(command);
}

async function start(connectionFile: string): Promise<void> {
  const { launchEngine } = await import("./evaluate/launch.js");
  const loadEvaluator = launchEngine();
  const connection = await readConnection(connectionFile);
  const { startKernel } = await import("./kernel.js");
  await startKernel({ connection, loadEvaluator });
}

async function changeKernelspec(command: Extract<Command, { kind: "install" | "uninstall" }>): Promise<void> {
  const folder = resolve(kernelspecFolder(command.place, command.name));
  if (command.kind === "install") {
    const program = fileURLToPath(import.meta.url);
    await installKernelspec({ folder, node: process.execPath, program });
    console.log(`installed the kernel ${command.name} in ${folder}`);
  } else if (await uninstallKernelspec(folder)) console.log(`removed ${folder}`);
  else console.log(`nothing to remove: there is no kernel in ${folder}`);
}

void main(process.argv.slice(2));
