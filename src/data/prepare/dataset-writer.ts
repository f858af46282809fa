import { createReadStream } from "node:fs";
import { rename, rm, stat, truncate } from "node:fs/promises";
import { basename } from "node:path";
import { encodeMegatronIndex, type IndexPlan, tokenBytes } from "../../formats/megatron.js";
import { type FileRecord, fileSha256 } from "../files/file-record.js";
import { type DatasetManifest, manifestPath } from "../files/manifest.js";
import { asUnwritable, checksum, GrowingFile, Int32File, UnitHash } from "../files/token-files.js";
import type { CheckedText } from "../tokenize/spot-checks.js";
import type { TokenizedPart } from "../tokenize/threads/pool.js";
import { padRows } from "./pad-rows.js";
import { emptyEntry, type JournalEntry, type PrepareStore } from "./store.js";

export interface WriterRules {
  readonly mode: "stitch" | "pad" | "documents";
  readonly dtype: "int32" | "uint16";
  /** Tokens per sequence; not used in mode "documents". */
  readonly length: number;
  readonly padId: number;
}

/**
 * Writes the tokens of a dataset part by part into a `PrepareStore`. After each part a line in the journal: whatever
 * happens, the next process goes on after the last line whose data is there and has the right checksum.
 */
export class DatasetWriter {
  readonly #store: PrepareStore;
  readonly #rules: WriterRules;
  readonly #hash: UnitHash;
  readonly #files: { readonly tokens: GrowingFile; readonly lengths?: GrowingFile; readonly texts?: GrowingFile };
  #entry: JournalEntry;
  /** Texts of the parts that were there at the start whose ids have not been compared with the native library's. */
  readonly unchecked: readonly CheckedText[];

  private constructor(store: PrepareStore, rules: WriterRules, state: WriterState) {
    this.#store = store;
    this.#rules = rules;
    this.#hash = state.hash;
    this.#files = state.files;
    this.#entry = state.entry;
    this.unchecked = state.unchecked;
  }

  /** Opens the files where they were left. */
  static async open(store: PrepareStore, rules: WriterRules): Promise<DatasetWriter> {
    const hash = new UnitHash(rules.mode === "documents" ? 1 : rules.length * tokenBytes(rules.dtype));
    const { entry, unchecked } = await soundEntries(store, hash);
    const tokens = await GrowingFile.open(store.file("tokens"), entry.tokenBytes);
    if (rules.mode !== "documents")
      return new DatasetWriter(store, rules, { entry, unchecked, hash, files: { tokens } });
    const lengths = await GrowingFile.open(store.file("lengths"), entry.lengthBytes);
    const texts = await GrowingFile.open(store.file("texts"), entry.textsBytes);
    return new DatasetWriter(store, rules, { entry, unchecked, hash, files: { tokens, lengths, texts } });
  }

  /** Totals of what has been written. */
  get totals(): JournalEntry {
    return this.#entry;
  }

  get tokens(): number {
    return this.#entry.tokenBytes / tokenBytes(this.#rules.dtype);
  }

  /** `unchecked`: kept with the part until somebody has compared it. */
  async write({ part, tokens, badLine }: TokenizedPart, unchecked?: CheckedText): Promise<void> {
    const { mode, length, padId } = this.#rules;
    const rows = mode === "pad" ? padRows(tokens, length, padId) : { ids: tokens.ids, dropped: 0, padded: 0 };
    const data = bytesOf(this.#rules.dtype === "uint16" ? Uint16Array.from(rows.ids) : rows.ids);
    const documents = tokens.texts?.length ?? tokens.lengths.length;
    const perDocument = tokens.texts ?? new Int32Array(this.#files.texts ? documents : 0).fill(1);
    const [lengths, texts] = [bytesOf(this.#files.lengths ? tokens.lengths : new Int32Array(0)), bytesOf(perDocument)];
    await this.#files.tokens.append(data);
    await this.#files.lengths?.append(lengths);
    await this.#files.texts?.append(texts);
    const last = this.#entry;
    const entry: JournalEntry = {
      stretches: part.first + part.stretches,
      textBytes: last.textBytes + part.byteLength,
      tokenBytes: this.#files.tokens.bytes,
      tokenSum: checksum(data),
      lengthBytes: this.#files.lengths?.bytes ?? 0,
      textsBytes: this.#files.texts?.bytes ?? 0,
      lengthSum: this.#files.lengths ? checksum(Buffer.concat([lengths, texts])) : 0,
      documents: last.documents + documents,
      texts: last.texts + tokens.lengths.length,
      dropped: last.dropped + rows.dropped,
      padded: last.padded + rows.padded,
      skipped: last.skipped + tokens.skipped,
      repaired: last.repaired + tokens.repaired,
      native: last.native + tokens.native,
      badLines: last.badLines + tokens.badLines,
      badLine: last.badLine ?? badLine,
      unchecked: unchecked && { text: unchecked.text, ids: Array.from(unchecked.ids) },
    };
    await this.#store.addEntry(entry);
    this.#hash.update(data);
    this.#entry = entry;
  }

  /** Makes sure that the tokens are on the disk. The short rest at the end is cut off by `publishFiles`. */
  async complete(): Promise<{ sequences: number; tokens: number; dropped: number; bin: FileRecord }> {
    const rest = this.tokens * tokenBytes(this.#rules.dtype) - this.#hash.bytes;
    const size = tokenBytes(this.#rules.dtype);
    for (const file of Object.values(this.#files)) await file.close();
    const tokens = this.#hash.bytes / size;
    const sequences = this.#rules.mode === "documents" ? this.#entry.texts : tokens / this.#rules.length;
    const bin = { path: "", bytes: this.#hash.bytes, modified: 0, sha256: this.#hash.digest() };
    return { sequences, tokens, dropped: this.#entry.dropped + rest / size, bin };
  }

  /** After `complete`: writes the index and makes sure that it is on the disk. */
  async writeIndex(): Promise<FileRecord> {
    const { plan, close } = this.#plan(this.#hash.bytes / tokenBytes(this.#rules.dtype));
    const index = await GrowingFile.open(this.#store.file("index"), 0);
    try {
      for (const block of encodeMegatronIndex(plan)) await index.append(block);
    } finally {
      await index.close();
      close();
    }
    return { path: "", bytes: index.bytes, modified: 0, sha256: await fileSha256(index.path) };
  }

  #plan(tokens: number): { readonly plan: IndexPlan; close(): void } {
    const { mode, dtype, length } = this.#rules;
    if (mode !== "documents") {
      const sequences = tokens / length;
      const plan = { dtype, sequences, documents: sequences, length: () => length, documentEnd: (i: number) => i + 1 };
      return { plan, close: () => undefined };
    }
    const lengths = new Int32File(this.#store.file("lengths"));
    const texts = new Int32File(this.#store.file("texts"));
    let end = 0; // asked for once per document, in ascending order
    const plan = {
      dtype,
      sequences: this.#entry.texts,
      documents: this.#entry.documents,
      length: (i: number) => lengths.at(i),
      documentEnd(i: number) {
        end += texts.at(i);
        return end;
      },
    };
    return {
      plan,
      close() {
        lengths.close();
        texts.close();
      },
    };
  }

  async abandon(): Promise<void> {
    for (const file of Object.values(this.#files)) await file.abandon();
  }
}

interface WriterState {
  readonly entry: JournalEntry;
  readonly unchecked: readonly CheckedText[];
  readonly hash: UnitHash;
  readonly files: { readonly tokens: GrowingFile; readonly lengths?: GrowingFile; readonly texts?: GrowingFile };
}

/**
 * The last entry up to which the data is as the journal says; feeds the data into `hash`, and shortens the journal if
 * need be.
 */
async function soundEntries(store: PrepareStore, hash: UnitHash): Promise<Pick<WriterState, "entry" | "unchecked">> {
  const entries = await store.journal();
  let sound = emptyEntry;
  let count = 0;
  for (const entry of entries) {
    const tokens = await readRange(store.file("tokens"), sound.tokenBytes, entry.tokenBytes);
    const lengths = await readRange(store.file("lengths"), sound.lengthBytes, entry.lengthBytes);
    const texts = await readRange(store.file("texts"), sound.textsBytes, entry.textsBytes);
    if (!tokens || !lengths || !texts || checksum(tokens) !== entry.tokenSum) break;
    if (entry.lengthBytes > 0 && checksum(Buffer.concat([lengths, texts])) !== entry.lengthSum) break;
    hash.update(tokens);
    sound = entry;
    count++;
  }
  const kept = entries.slice(0, count);
  await store.writeJournal(kept); // also gets rid of a line that was cut off
  return { entry: sound, unchecked: kept.flatMap((entry) => entry.unchecked ?? []) };
}

async function readRange(path: string, start: number, end: number): Promise<Buffer | undefined> {
  if (end <= start) return Buffer.alloc(0);
  const blocks: Buffer[] = [];
  try {
    for await (const block of createReadStream(path, { start, end: end - 1, highWaterMark: 1024 * 1024 }))
      blocks.push(block as Buffer);
  } catch {
    return undefined;
  }
  const data = Buffer.concat(blocks);
  return data.length === end - start ? data : undefined;
}

function bytesOf(data: Int32Array | Uint16Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Gives the files their names, as `publish.json` has decided; may be interrupted and done again. The old manifest and
 * index go first: whoever comes in between finds no dataset rather than a wrong one.
 */
export async function publishFiles(
  store: PrepareStore,
  prefix: string,
  manifest: DatasetManifest,
): Promise<DatasetManifest> {
  const tokens = store.file("tokens");
  const bin = await publishOne(tokens, `${prefix}.bin`, async () => {
    await asUnwritable(tokens, () => truncate(tokens, manifest.files.bin?.bytes ?? 0));
    await rm(manifestPath(prefix), { force: true });
    await rm(`${prefix}.idx`, { force: true });
  });
  const idx = await publishOne(store.file("index"), `${prefix}.idx`, async () => undefined);
  return {
    ...manifest,
    files: {
      bin: { ...(manifest.files.bin as FileRecord), ...bin },
      idx: { ...(manifest.files.idx as FileRecord), ...idx },
    },
  };
}

async function publishOne(
  from: string,
  to: string,
  before: () => Promise<void>,
): Promise<{ path: string; modified: number }> {
  const waiting = await stat(from).catch(() => undefined);
  if (waiting) {
    await before();
    await asUnwritable(to, () => rename(from, to));
  }
  return { path: basename(to), modified: (await stat(to)).mtimeMs };
}
