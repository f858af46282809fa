import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { CheckpointError, isLabError } from "../../core/error.js";
import { isDiskFull, makeFolder } from "../../core/files.js";
import { takeHold } from "../../core/liveness/holder.js";
import { localFiles } from "../read/files/file-access.js";
import { streamTensors } from "../read/files/stream-tensors.js";
import { withTensorFile } from "../read/files/tensor-file.js";
import type { StoredPoint } from "../read/stored-point.js";
import { unwritable } from "./block-writer.js";
import { diskFull, outputTaken, running } from "./failures.js";
import { addToJournal, journalName, planFingerprint, readJournal, recordName } from "./journal.js";
import type { OutputFile, OutputPlan } from "./output-plan.js";
import { type WrittenFile, writeTensorFile } from "./write-file.js";

const holderName = "holder.json";

export interface RunPlanRequest {
  readonly stored: StoredPoint;
  readonly plan: OutputPlan;
  /** The folder that appears when everything is written and proved. */
  readonly output: string;
  readonly signal: AbortSignal | undefined;
  /** Called with the bytes written or proved so far, of twice the size. */
  readonly onProgress: (bytes: number) => void;
}

/** What a conversion wrote. */
export interface RunPlanResult {
  readonly files: number;
  readonly tensors: number;
  readonly bytes: number;
  /** Files that an earlier attempt had written already. */
  readonly resumed: number;
  /** True if the same plan had already made the output from the same files. */
  readonly unchanged: boolean;
}

/**
 * Writes the plan's files into `.<output>.part` beside the output, reads every tensor again and compares its checksum
 * with what was written, then renames the folder. A killed run goes on at the file that it was writing.
 * @throws CheckpointError CONVERT_OUTPUT_TAKEN if the output holds something else, CONVERT_RUNNING if another process
 * writes it; LabError FILE_UNWRITABLE on a full disk, with the bytes that are missing.
 */
export async function runPlan(request: RunPlanRequest): Promise<RunPlanResult> {
  const { output } = request;
  for (let other = busy.get(output); other !== undefined; other = busy.get(output)) await other.catch(() => undefined);
  const work = runAlone(request);
  busy.set(output, work);
  try {
    return await work;
  } finally {
    busy.delete(output);
  }
}

/** Folders that this process writes: a hold keeps other processes away, not a second call of the same one. */
const busy = new Map<string, Promise<unknown>>();

async function runAlone(request: RunPlanRequest): Promise<RunPlanResult> {
  const { stored, plan, output } = request;
  const fingerprint = planFingerprint(plan, stored.point.parts);
  const part = join(dirname(output), `.${basename(output)}.part`);
  try {
    return await writePlan(request, part, fingerprint);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    if (isFailedWrite(error)) throw unwritable(output, error);
    if (!isDiskFull(cause)) throw error;
    const done = await readJournal(join(part, journalName), fingerprint);
    throw await diskFull(output, { plan, done: new Set(done.keys()), cause });
  }
}

/** What the system says of a folder that can't be made, written, or renamed; a full disk has its own message. */
function isFailedWrite(error: unknown): boolean {
  return (
    !isLabError(error) && !isDiskFull(error) && error instanceof Error && "syscall" in error && error.syscall !== "read"
  );
}

/** @throws CheckpointError CONVERT_OUTPUT_TAKEN if the output holds something else than what this plan writes. */
export async function requireFreeOutput({ stored, plan, output }: Omit<RunPlanRequest, "signal" | "onProgress">) {
  const existing = await existingRecord(output);
  if (existing !== undefined && existing !== planFingerprint(plan, stored.point.parts)) throw outputTaken(output);
}

async function writePlan(request: RunPlanRequest, part: string, fingerprint: string): Promise<RunPlanResult> {
  const { plan, output } = request;
  const tensors = plan.files.reduce((sum, file) => sum + file.tensors.length, 0);
  const facts = { files: plan.files.length + plan.notes.length, tensors };
  const existing = await existingRecord(output);
  if (existing === fingerprint) return { ...facts, bytes: planBytes(plan), resumed: 0, unchanged: true };
  if (existing !== undefined) throw outputTaken(output);
  await makeFolder(part);
  const taken = await takeHold(join(part, holderName));
  if ("holder" in taken) throw running(output, taken.holder.pid);
  try {
    const resumed = await writeFiles(request, part, fingerprint);
    for (const { path, content } of plan.notes) await writeNote(join(part, path), content);
    await writeNote(join(part, recordName), `${JSON.stringify({ fingerprint, title: plan.title })}\n`);
    await rm(join(part, journalName), { force: true });
    await taken.hold.end();
    await rm(join(part, holderName), { force: true });
    await rename(part, output);
    return { ...facts, bytes: planBytes(plan), resumed, unchanged: false };
  } finally {
    await taken.hold.end().catch(() => undefined);
  }
}

function planBytes({ files }: OutputPlan): number {
  return files.reduce((sum, { tensors }) => sum + tensors.reduce((inner, { bytes }) => inner + bytes, 0), 0);
}

/**
 * Fingerprint of what is there: empty for a folder of another kind; undefined if there is nothing, or an empty folder.
 */
async function existingRecord(output: string): Promise<string | undefined> {
  const found = await stat(output).catch(() => undefined);
  if (found === undefined) return undefined;
  const names = found.isDirectory() ? await localFiles.list(output) : ["file"];
  if (names?.length === 0) return undefined;
  const text = await readFile(join(output, recordName), "utf8").catch(() => "{}");
  return (JSON.parse(text) as { fingerprint?: string }).fingerprint ?? "";
}

async function writeFiles(request: RunPlanRequest, part: string, fingerprint: string): Promise<number> {
  const { stored, plan, signal } = request;
  const journal = join(part, journalName);
  const done = await readJournal(journal, fingerprint);
  if (done.size === 0) {
    // What another plan has left must not stay beside the new files.
    for (const name of (await localFiles.list(part)) ?? []) {
      if (name !== holderName) await rm(join(part, name), { recursive: true, force: true });
    }
    await writeNote(journal, `${JSON.stringify({ fingerprint })}\n`);
  }
  let [progress, resumed] = [0, 0];
  const onBytes = (bytes: number) => {
    progress += bytes;
    request.onProgress(progress);
  };
  await stored.withPool(async (reader) => {
    for (const file of plan.files) {
      const path = join(part, file.path);
      const before = done.get(file.path);
      if (before !== undefined && (await sizeOf(path)) === before.bytes) {
        resumed += 1;
        onBytes(before.bytes);
        await proveFile(path, file, { written: before, request, onBytes });
        continue;
      }
      const prove = (temporary: string, made: WrittenFile) =>
        proveFile(temporary, file, { written: made, request, onBytes });
      const written = await writeTensorFile(path, file, { reader, signal, onBytes, prove });
      await addToJournal(journal, { path: file.path, ...written });
    }
  });
  return resumed;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

interface ProofContext {
  readonly written: WrittenFile;
  readonly request: RunPlanRequest;
  readonly onBytes: (bytes: number) => void;
}

/** Reads a written file again, through the same reader as everybody else, and compares each tensor. */
async function proveFile(path: string, file: OutputFile, { written, request, onBytes }: ProofContext): Promise<void> {
  const found = new Map<string, number>();
  await withTensorFile(path, { files: localFiles }, (opened) =>
    streamTensors(opened, ({ name }, bytes) => found.set(name, crc32(bytes, found.get(name) ?? 0)), {
      signal: request.signal,
      onBytes,
    }),
  );
  const wrong = file.tensors.find(({ name }, index) => (found.get(name) ?? 0) !== written.checksums[index]);
  if (wrong === undefined) return;
  const tensor = JSON.stringify(wrong.name);
  const message = `${path}: tensor ${tensor}: expected the bytes that were written, read other ones`;
  throw new CheckpointError("CONVERT_PROOF_FAILED", message, {
    hint: "check the disk, remove the folder, and run the line again",
    details: { path },
  });
}

async function writeNote(path: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  await writeFile(`${path}.part`, content);
  const file = await open(`${path}.part`, "r+");
  await file.sync();
  await file.close();
  await rename(`${path}.part`, path);
}
