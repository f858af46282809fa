import { type FileHandle, open, stat } from "node:fs/promises";
import { writeFileAtomic } from "../core/files.js";
import { formatCount } from "../core/units.js";
import { encodeMegatronIndex } from "../formats/megatron.js";
import type { FileRecord } from "./manifest.js";
import type { TokenOutput, TokenSink } from "./token-sink.js";

/** Bytes that are compared at a time; a range that differs is reported in these steps. */
const block = 64 * 1024;

/**
 * Compares the tokens with `.bin` as they are made and overwrites the blocks that differ, in place: the file is damaged already, and what is
 * intact in it is not written. The `.idx` is small and made anew as a whole.
 */
export class MegatronRepair implements TokenSink {
  readonly #output: TokenOutput;
  readonly #damaged: readonly string[];
  readonly #bin: FileHandle | undefined;
  readonly repaired: string[] = [];
  #tokens = 0;
  /** The range of `.bin` that differs and still grows. */
  #range: { start: number; end: number } | undefined;
  #open = true;

  private constructor(output: TokenOutput, damaged: readonly string[], bin: FileHandle | undefined) {
    this.#output = output;
    this.#damaged = damaged;
    this.#bin = bin;
  }

  static async create(output: TokenOutput, damaged: readonly string[]): Promise<MegatronRepair> {
    const path = `${output.prefix}.bin`;
    const exists = await stat(path).catch(() => undefined);
    const bin = damaged.some((name) => name.endsWith(".bin")) ? await open(path, exists ? "r+" : "w+") : undefined;
    return new MegatronRepair(output, damaged, bin);
  }

  get sequences(): number {
    return this.#tokens / (this.#output.seqLength + 1);
  }

  get tokens(): number {
    return this.#tokens;
  }

  async write(sequences: Int32Array): Promise<void> {
    const bytes = new Uint8Array(sequences.buffer, sequences.byteOffset, sequences.byteLength);
    const start = 4 * this.#tokens;
    this.#tokens += sequences.length;
    if (!this.#bin) return;
    const there = Buffer.alloc(block);
    for (let at = 0; at < bytes.byteLength; at += block) {
      const wanted = bytes.subarray(at, at + block);
      const { bytesRead } = await this.#bin.read(there, 0, wanted.byteLength, start + at);
      if (bytesRead === wanted.byteLength && there.subarray(0, bytesRead).equals(wanted)) continue;
      let done = 0;
      while (done < wanted.byteLength)
        done += (await this.#bin.write(wanted, done, wanted.byteLength - done, start + at + done)).bytesWritten;
      this.#note(start + at, start + at + wanted.byteLength);
    }
  }

  #note(start: number, end: number): void {
    if (this.#range?.end === start) this.#range.end = end;
    else {
      this.#closeRange();
      this.#range = { start, end };
    }
  }

  #closeRange(): void {
    if (this.#range)
      this.repaired.push(`.bin, bytes ${formatCount(this.#range.start)} to ${formatCount(this.#range.end)}`);
    this.#range = undefined;
  }

  async complete(): Promise<void> {
    this.#closeRange();
    if (!this.#bin) return;
    const { size } = await this.#bin.stat();
    if (size > 4 * this.#tokens) {
      await this.#bin.truncate(4 * this.#tokens);
      this.repaired.push(`.bin, ${formatCount(size - 4 * this.#tokens)} bytes too many at the end`);
    }
    await this.#bin.sync();
  }

  async publish(): Promise<Readonly<Record<string, FileRecord>>> {
    if (this.#damaged.some((name) => name.endsWith(".idx"))) {
      const length = this.#output.seqLength + 1;
      const plan = { dtype: "int32" as const, sequences: this.sequences, documents: this.sequences };
      const blocks = encodeMegatronIndex({ ...plan, length: () => length, documentEnd: (i) => i + 1 });
      await writeFileAtomic(`${this.#output.prefix}.idx`, Buffer.concat([...blocks]));
      this.repaired.push(".idx");
    }
    return {};
  }

  async discard(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#bin?.close();
  }
}
