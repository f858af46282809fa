import { createHash } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import type { OutputPlan } from "./output-plan.js";
import type { WrittenFile } from "./write-file.js";

/** Name of the journal inside of the unfinished folder, and of the record that stays in the finished one. */
export const journalName = "conversion.jsonl";
export const recordName = "mindformers-lab-conversion.json";

/** A digest of everything that the result depends on: the plan, and size and time of the files that it reads. */
export function planFingerprint(plan: OutputPlan, sources: readonly SourceFile[]): string {
  const hash = createHash("sha256");
  hash.update(plan.title);
  for (const { path, format, metadata, tensors } of plan.files) {
    hash.update(JSON.stringify([path, format, metadata]));
    for (const { name, dtype, shape } of tensors) hash.update(JSON.stringify([name, dtype, shape]));
  }
  for (const { path, content } of plan.notes) hash.update(path).update(content);
  for (const { path, bytes, savedAt } of sources) hash.update(JSON.stringify([path, bytes, savedAt.getTime()]));
  return hash.digest("hex");
}

export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly savedAt: Date;
}

/** Files that an earlier attempt of the same plan has finished, by path. */
export async function readJournal(path: string, fingerprint: string): Promise<Map<string, WrittenFile>> {
  const text = await readFile(path, "utf8").catch(() => "");
  const [first, ...lines] = text.split("\n");
  const done = new Map<string, WrittenFile>();
  if (parse(first)?.fingerprint !== fingerprint) return done;
  for (const line of lines) {
    const entry = parse(line);
    // The last line of a killed process may be cut.
    if (typeof entry?.path === "string")
      done.set(entry.path, { bytes: entry.bytes ?? 0, checksums: entry.checksums ?? [] });
  }
  return done;
}

interface JournalLine {
  readonly fingerprint?: string;
  readonly path?: string;
  readonly bytes?: number;
  readonly checksums?: readonly number[];
}

function parse(line: string | undefined): JournalLine | undefined {
  try {
    return JSON.parse(line ?? "") as JournalLine;
  } catch {
    return undefined;
  }
}

export async function addToJournal(path: string, entry: JournalLine): Promise<void> {
  // The line before may be cut, by a full disk or a kill.
  await appendFile(path, `\n${JSON.stringify(entry)}\n`, { flush: true } as Parameters<typeof appendFile>[2]);
}
