import { writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { KernelError } from "../core/error.js";
import type { Command } from "./arguments.js";
import { type LoadEvaluator, launchEvaluator } from "./launch-evaluator.js";

/**
 * What the program does for its arguments. The process of the type checker takes the longest to start, so it begins
 * before this one loads anything else: hence the imports inside of the functions.
 */
export function launch(given: readonly string[]): void {
  const evaluator = given[0] === "start" ? launchEvaluator() : undefined;
  void runCommand(given, evaluator);
}

async function runCommand(given: readonly string[], evaluator: LoadEvaluator | undefined): Promise<void> {
  const { parseCommand } = await import("./arguments.js");
  try {
    await run(parseCommand(given), evaluator);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    // Not console.error: once the kernel has started, that belongs to cells.
    writeSync(2, `mindformers-lab: ${error.message}\n  fix: ${error.hint}\n`);
    process.exit(1);
  }
}

async function run(command: Command, evaluator: LoadEvaluator | undefined): Promise<void> {
  if (command.kind === "start") await start(command.connectionFile, evaluator);
  else if (command.kind === "help") console.log((await import("./arguments.js")).usage);
  else if (command.kind === "version") console.log((await packageManifest()).version);
  else if (command.kind === "doctor") await doctor(command);
  else await changeKernelspec(command);
}

async function packageManifest(): Promise<{ readonly folder: string; readonly version: string }> {
  return (await import("../core/package-manifest.js")).packageManifest();
}

async function start(connectionFile: string, evaluator: LoadEvaluator = launchEvaluator()): Promise<void> {
  const { makeNamedPipes } = await import("../core/native-pipes.js");
  const pipes = makeNamedPipes();
  const { readConnection } = await import("../channels/connection.js");
  const connection = await readConnection(connectionFile);
  const { startKernel } = await import("./kernel.js");
  await startKernel({ connection, loadEvaluator: evaluator, pipes: await pipes });
}

async function doctor(wanted: Extract<Command, { kind: "doctor" }>): Promise<void> {
  const { examine } = await import("../install/doctor.js");
  if (!(await examine(wanted, (await packageManifest()).folder, console.log))) process.exitCode = 1;
}

async function changeKernelspec(command: Extract<Command, { kind: "install" | "uninstall" }>): Promise<void> {
  const { kernelspecFolder } = await import("../install/kernelspec.js");
  const { installKernelspec, uninstallKernelspec } = await import("../install/install.js");
  const folder = resolve(kernelspecFolder(command.place, command.name));
  if (command.kind === "install") {
    const program = join(import.meta.dirname, "..", "main.js");
    await installKernelspec({ folder, node: process.execPath, program });
    console.log(`installed the kernel ${command.name} in ${folder}`);
  } else if (await uninstallKernelspec(folder)) console.log(`removed ${folder}`);
  else console.log(`nothing to remove: there is no kernel in ${folder}`);
}
