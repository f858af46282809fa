import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { processesLike } from "../../../core/liveness/process-table.js";
import { builtFile } from "../../../core/package-root.js";
import { startProgram } from "../../../core/process.js";
import { requireFolder, runPaths } from "../../record/layout.js";

/**
 * Starts a supervisor in a session of its own and as nobody's child; it outlives this process. It supervises the run
 * if nobody does, else it stands by and takes over when the supervisor dies. Starting one too many does no harm.
 * Never creates a run folder.
 * @throws LabError RUN_MISSING if there is none
 */
export async function startSupervisor(folder: string): Promise<void> {
  requireFolder(folder);
  const { supervisorLog } = runPaths(folder);
  await mkdir(dirname(supervisorLog), { recursive: true });
  const output = await open(supervisorLog, "a");
  try {
    const supervisor = [process.execPath, builtFile("src/run/supervise/supervise.js"), folder];
    const { end } = await startProgram({
      argv: [process.execPath, builtFile("src/run/supervise/start/detach.js"), ...supervisor],
      cwd: folder,
      outputTo: output.fd,
    });
    await end;
  } finally {
    await output.close();
  }
}

/** Processes of this machine that supervise the run or stand by, also those that are only starting. */
export async function supervisorsOf(folder: string): Promise<{ readonly pid: number }[]> {
  const all = await processesLike(/supervise\.js /).catch(() => []);
  return all.filter(({ command }) => command.endsWith(` ${folder}`));
}
