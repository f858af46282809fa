import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LabError } from "../../../core/error.js";
import { writeFileAtomic } from "../../../core/files.js";
import { isRunning, type ProcessIdentity, thisProcess } from "../../../core/liveness/process-identity.js";

// Of several supervisors, one after the other, exactly one starts an attempt on this machine. The mark says who
// started it, and the launcher.

export interface StartMark {
  readonly attempt: number;
  /** Absent from the moment before the launcher starts until it runs. */
  readonly launcher?: ProcessIdentity;
  readonly starter?: ProcessIdentity;
}

const markFile = (folder: string, nodeRank: number, attempt: number) =>
  join(folder, "control", `started-${attempt}-node-${nodeRank}.json`);

export async function readStartMark(folder: string, nodeRank: number, attempt: number): Promise<StartMark | undefined> {
  const text = await readFile(markFile(folder, nodeRank, attempt), "utf8").catch(() => undefined);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as StartMark);
  } catch {
    return undefined;
  }
}

/** Throws NODE_BUSY if another living process is just starting this attempt. */
export async function takeStartMark(folder: string, nodeRank: number, attempt: number): Promise<void> {
  const path = markFile(folder, nodeRank, attempt);
  const mark: StartMark = { attempt, starter: thisProcess() };
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, JSON.stringify(mark), { flag: "wx" });
  } catch (cause) {
    const { starter } = (await readStartMark(folder, nodeRank, attempt)) ?? {};
    if (starter && isRunning(starter) && starter.pid !== process.pid)
      throw new LabError("NODE_BUSY", `attempt ${attempt}: process ${starter.pid} is starting it`, {
        hint: "await run.stop()",
        cause,
      });
    await writeFileAtomic(path, JSON.stringify(mark));
  }
}

export async function writeStartMark(folder: string, nodeRank: number, mark: StartMark): Promise<void> {
  await writeFileAtomic(markFile(folder, nodeRank, mark.attempt), JSON.stringify({ ...mark, starter: thisProcess() }));
}
