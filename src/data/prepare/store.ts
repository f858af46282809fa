import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeFolder, writeFileAtomic } from "../../core/files.js";
import { type Hold, otherHolder, takeHold } from "../../core/liveness/holder.js";
import type { DatasetManifest } from "../files/manifest.js";
import { asUnwritable } from "../files/token-files.js";
import type { BadLinePlace } from "../text/bad-line-error.js";
import type { InputFile } from "../text/input/files.js";
import { type FileScan, type ScanFindings, stretchesKept } from "../text/scan.js";
import { runningElsewhere, runningInThisProcess, takenAway } from "./errors.js";

/** Totals after a part; one line of the journal. */
export interface JournalEntry {
  /** Stretches of text (from one cut to the next, over all files) that are done. */
  readonly stretches: number;
  /** Bytes of text that they had. */
  readonly textBytes: number;
  /** Bytes of `tokens`, and the checksum of those of the last part. */
  readonly tokenBytes: number;
  readonly tokenSum: number;
  /**
   * Bytes of `lengths` and `texts` (only in mode "documents"), and the checksum of those of the last part, of both
   * files.
   */
  readonly lengthBytes: number;
  readonly textsBytes: number;
  readonly lengthSum: number;
  readonly documents: number;
  readonly texts: number;
  readonly dropped: number;
  readonly padded: number;
  readonly skipped: number;
  readonly repaired: number;
  readonly native: number;
  /** Lines that were left out because they can't be used, and the first of them. */
  readonly badLines: number;
  readonly badLine?: BadLinePlace | undefined;
  /** A text of the last part that the native library has not seen yet. */
  readonly unchecked?: { readonly text: string; readonly ids: readonly number[] } | undefined;
}

export const emptyEntry: JournalEntry = {
  stretches: 0,
  textBytes: 0,
  tokenBytes: 0,
  tokenSum: 0,
  lengthBytes: 0,
  textsBytes: 0,
  lengthSum: 0,
  documents: 0,
  texts: 0,
  dropped: 0,
  padded: 0,
  skipped: 0,
  repaired: 0,
  native: 0,
  badLines: 0,
};

/**
 * The folder `.<name>.part` beside a dataset that is being prepared. What is in it survives the end of the process at
 * any moment: `job.json` (what is being made), `scan.jsonl` (one line per input file that has been read),
 * `found.jsonl` (cuts of the file that is being read), `journal.jsonl` (one line per part that is done), `tokens`,
 * `lengths`, `texts` (data), `index`, `rows` (MindRecord files that have no names yet), and at the very end
 * `publish.json` (the manifest).
 */
export class PrepareStore {
  readonly folder: string;
  #hold: Hold | undefined;
  static readonly #busy = new Set<string>();

  constructor(prefix: string) {
    this.folder = join(dirname(prefix), `.${basename(prefix)}.part`);
  }

  file(name: "tokens" | "lengths" | "texts" | "index"): string {
    return join(this.folder, name);
  }

  #path(name: string): string {
    return join(this.folder, name);
  }

  /**
   * Creates the folder and takes it for this call. Throws PREPARE_RUNNING if another call has it, here or in another
   * process, or on another machine.
   */
  async take(): Promise<void> {
    if (PrepareStore.#busy.has(this.folder)) throw runningInThisProcess(this.folder);
    PrepareStore.#busy.add(this.folder); // at once, so that of two calls in this process one is refused
    try {
      await asUnwritable(this.folder, () => makeFolder(this.folder));
      const path = this.#path("holder.json");
      const taken = await asUnwritable(path, () => takeHold(path));
      if ("holder" in taken) throw runningElsewhere(this.folder, taken.holder, path);
      this.#hold = taken.hold;
    } catch (error) {
      PrepareStore.#busy.delete(this.folder);
      throw error;
    }
  }

  /** Whether some process works here now. */
  async #isTaken(): Promise<boolean> {
    return PrepareStore.#busy.has(this.folder) || (await otherHolder(this.#path("holder.json"))) !== undefined;
  }

  /** Throws PREPARE_RUNNING if the folder was taken away from this call, say by somebody who thought it dead. */
  async #requireHold(): Promise<void> {
    if ((await this.#hold?.isKept()) === false) throw takenAway(this.folder);
  }

  /**
   * For a dataset that is complete: removes what its preparation left, unless something else has been begun here
   * since.
   */
  async tidy(job: unknown): Promise<void> {
    if (await this.#isTaken()) return;
    const found = await readJson<{ identity: string }>(this.#path("job.json"));
    const other = found !== undefined && found.identity !== identityOf(job);
    if (!other || (await this.published())) await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * Lets others have the folder; removes it if nothing in it is worth keeping. If another process has taken it, it is
   * left alone.
   */
  async release({ keep }: { readonly keep: boolean }): Promise<void> {
    const isKept = await this.#hold?.isKept();
    await this.#hold?.end();
    this.#hold = undefined;
    PrepareStore.#busy.delete(this.folder);
    if (isKept === false) return;
    if (keep) await rm(this.#path("holder.json"), { force: true });
    else await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * Keeps what lies here if it was begun for the same job; otherwise it is removed. `job` decides every byte of the
   * result.
   */
  async begin(job: unknown): Promise<void> {
    const identity = identityOf(job);
    const found = await readJson<{ identity: string }>(this.#path("job.json"));
    if (found?.identity === identity) return;
    await this.restart();
    await writeFileAtomic(this.#path("job.json"), JSON.stringify({ identity, job }));
  }

  /** Forgets everything but who has the folder. */
  async restart(): Promise<void> {
    for (const name of [
      "job.json",
      "publish.json",
      "scan.jsonl",
      "found.jsonl",
      "journal.jsonl",
      "tokens",
      "lengths",
      "texts",
      "index",
      "rows",
    ])
      await rm(this.#path(name), { recursive: true, force: true });
  }

  /** An empty folder for MindRecord files that are not finished: what an interrupted call left there is of no use. */
  async emptyRows(): Promise<string> {
    const folder = this.#path("rows");
    await rm(folder, { recursive: true, force: true });
    await asUnwritable(folder, () => mkdir(folder));
    return folder;
  }

  async scans(files: readonly InputFile[]): Promise<FileScan[]> {
    const found = await readLines<FileScan>(this.#path("scan.jsonl"));
    const until = files.findIndex(({ path, bytes, modified }, i) => {
      const scan = found[i];
      return scan?.path !== path || scan.bytes !== bytes || scan.modified !== modified;
    });
    const sound = found.slice(0, until < 0 ? files.length : until);
    const text = sound.map((scan) => `${JSON.stringify(scan)}\n`).join("");
    await writeFileAtomic(this.#path("scan.jsonl"), text); // also gets rid of a line that was cut off
    return sound;
  }

  async addScans(scans: readonly FileScan[]): Promise<void> {
    if (scans.length === 0) return;
    await this.#append("scan.jsonl", ...scans);
    await rm(this.#path("found.jsonl"), { force: true });
  }

  /** What an interrupted reading of this file has found. */
  async findings({ path, bytes, modified }: InputFile): Promise<ScanFindings> {
    const lines = await readLines<FoundLine>(this.#path("found.jsonl"));
    const own = lines.filter((line) => line.path === path && line.bytes === bytes && line.modified === modified);
    const text = own.map((line) => `${JSON.stringify(line)}\n`).join("");
    await writeFileAtomic(this.#path("found.jsonl"), text); // also gets rid of a line that was cut off
    return { cuts: own.flatMap(({ cuts }) => cuts), firstBad: own.at(-1)?.firstBad };
  }

  async addFindings({ path, bytes, modified }: InputFile, found: ScanFindings): Promise<void> {
    const line: FoundLine = { path, bytes, modified, ...found };
    await this.#append("found.jsonl", line);
  }

  journal(): Promise<JournalEntry[]> {
    return readLines<JournalEntry>(this.#path("journal.jsonl"));
  }

  /** Whether there is something that would take more than a moment to do again. */
  async hasWork(): Promise<boolean> {
    if ((await this.journal()).length > 0) return true;
    if ((await readLines(this.#path("found.jsonl"))).length > 0) return true;
    const scans = await readLines<FileScan>(this.#path("scan.jsonl"));
    return scans.reduce((sum, { cuts }) => sum + cuts.length, 0) >= stretchesKept;
  }

  async addEntry(entry: JournalEntry): Promise<void> {
    await this.#requireHold();
    await this.#append("journal.jsonl", entry);
  }

  /** Replaces the journal, for example by a shorter one. */
  async writeJournal(entries: readonly JournalEntry[]): Promise<void> {
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    await writeFileAtomic(this.#path("journal.jsonl"), text);
  }

  published(): Promise<DatasetManifest | undefined> {
    return readJson<DatasetManifest>(this.#path("publish.json"));
  }

  /** From here on the files only have to be renamed. */
  async decide(manifest: DatasetManifest): Promise<void> {
    await this.#requireHold();
    await writeFileAtomic(this.#path("publish.json"), JSON.stringify(manifest));
  }

  async #append(name: string, ...values: readonly unknown[]): Promise<void> {
    const text = values.map((value) => `${JSON.stringify(value)}\n`).join("");
    await asUnwritable(this.#path(name), () => appendFile(this.#path(name), text));
  }
}

type FoundLine = ScanFindings & Pick<InputFile, "path" | "bytes" | "modified">;

function identityOf(job: unknown): string {
  return createHash("sha256").update(JSON.stringify(job)).digest("hex");
}

async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : parse<T>(text);
}

/** The whole lines of a file; the last one may be cut off by the end of a process. */
async function readLines<T>(path: string): Promise<T[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const lines: T[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const value = parse<T>(line);
    if (value === undefined) break;
    lines.push(value);
  }
  return lines;
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
