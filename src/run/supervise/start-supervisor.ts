import { open } from "node:fs/promises";
import { join } from "node:path";
import { builtFile } from "../../core/package-root.js";
import { startProgram } from "../../core/process.js";
import { runPaths } from "../record/layout.js";

/** Starts the supervisor in a session of its own and as nobody's child; it outlives this process. */
export async function startSupervisor(folder: string, attempt: number): Promise<void> {
  const output = await open(join(runPaths(folder).logs(attempt), "supervisor.log"), "a");
  try {
    const supervisor = [process.execPath, builtFile("src/run/supervise/supervise.js"), folder];
    const { end } = await startProgram({
      argv: [process.execPath, builtFile("src/run/supervise/detach.js"), ...supervisor],
      cwd: folder,
      outputTo: output.fd,
    });
    await end;
  } finally {
    await output.close();
  }
}
