import { CheckpointError, LabError } from "../../core/error.js";
import { spaceText } from "../../core/files.js";
import { formatCount } from "../../core/units.js";
import { fileLayout } from "./file-layout.js";
import type { OutputPlan } from "./output-plan.js";

export function outputTaken(output: string): CheckpointError {
  const expected = "nothing there, an empty folder, or the result of the same conversion";
  const message = `output ${output}: expected ${expected}, found other files`;
  return new CheckpointError("CONVERT_OUTPUT_TAKEN", message, {
    hint: "choose another output, or remove this one",
    details: { output },
  });
}

export function running(output: string, pid: number): CheckpointError {
  return new CheckpointError("CONVERT_RUNNING", `folder ${output}: process ${pid} is writing it`, {
    hint: "wait until it is done, or end it",
    details: { output, pid },
  });
}

interface UnfinishedPlan {
  readonly plan: OutputPlan;
  /** Paths of the files that are finished. */
  readonly done: ReadonlySet<string>;
  readonly cause: unknown;
}

/** The error of a full disk, with the bytes that are still to be written. */
export async function diskFull(output: string, { plan, done, cause }: UnfinishedPlan): Promise<LabError> {
  const files = plan.files.filter(({ path }) => !done.has(path));
  const notes = plan.notes.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  const needed = files.reduce((sum, file) => sum + fileLayout(file).byteLength, notes);
  const space = await spaceText(output, needed);
  const left = `${formatCount(files.length)} of ${formatCount(plan.files.length)} files are missing`;
  return new LabError("FILE_UNWRITABLE", `folder ${output}: the disk is full: ${space}; ${left}`, {
    hint: "free space on the disk and run the line again: it continues",
    details: { path: output },
    cause,
  });
}
