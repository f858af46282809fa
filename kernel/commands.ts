import { writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, parseCommand, usage } from "./arguments.js";
import { readConnection } from "./connection.js";
import { KernelError } from "./error.js";
import { type LoadEvaluator, launchEngine } from "./evaluate/launch.js";
import { installKernelspec, uninstallKernelspec } from "./install.js";
import { kernelspecFolder } from "./kernelspec.js";
import { packageManifest } from "./package-manifest.js";

/** What is done for the arguments of the command line; `load` is the language engine, which has been started for `start`. */
export async function runCommand(args: readonly string[], load: LoadEvaluator | undefined): Promise<void> {
  try {
    await run(parseCommand(args), load);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    // Not console.error: once the kernel has started, that belongs to cells.
    writeSync(2, `mindformers-lab: ${error.message}\n  cure: ${error.hint}\n`);
    process.exit(1);
  }
}

async function run(command: Command, load: LoadEvaluator | undefined): Promise<void> {
  if (command.kind === "version") console.log(packageManifest().version);
  else if (command.kind === "help") console.log(usage);
  else if (command.kind === "start") await start(command.connectionFile, load);
  else if (command.kind === "doctor") await doctor(command);
  else await changeKernelspec(command);
}

async function start(connectionFile: string, load: LoadEvaluator = launchEngine()): Promise<void> {
  const connection = await readConnection(connectionFile);
  const { startKernel } = await import("./kernel.js");
  await startKernel({ connection, loadEvaluator: load });
}

async function doctor(wanted: Extract<Command, { kind: "doctor" }>): Promise<void> {
  const { examine } = await import("./doctor/doctor.js");
  if (!(await examine(wanted, packageManifest().folder, console.log))) process.exitCode = 1;
}

async function changeKernelspec(command: Extract<Command, { kind: "install" | "uninstall" }>): Promise<void> {
  const folder = resolve(kernelspecFolder(command.place, command.name));
  if (command.kind === "install") {
    const program = join(import.meta.dirname, "main.js");
    await installKernelspec({ folder, node: process.execPath, program });
    console.log(`installed the kernel ${command.name} in ${folder}`);
  } else if (await uninstallKernelspec(folder)) console.log(`removed ${folder}`);
  else console.log(`nothing to remove: there is no kernel in ${folder}`);
}
