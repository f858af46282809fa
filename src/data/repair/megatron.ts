import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { FileBytes } from "../../core/bytes.js";
import { writeFileAtomic } from "../../core/files.js";
import { formatCount } from "../../core/units.js";
import { asUnwritable } from "../files/token-files.js";
import type { MadeTokens } from "../prepare/run.js";
import type { PrepareStore } from "../prepare/store.js";

/** Bytes that are compared at a time; a range that differs is reported in these steps. */
const block = 64 * 1024;

export interface MegatronRepair {
  readonly prefix: string;
  /** Names of the files that are not what they should be. */
  readonly damaged: readonly string[];
  /** Made again. */
  readonly tokens: Pick<MadeTokens, "bin" | "writeIndex">;
  readonly store: PrepareStore;
}

/**
 * Compares `.bin` with the tokens made again and overwrites the blocks that differ, in place: the file is damaged
 * already, and what is intact in it is not written. The `.idx` is small and made anew as a whole. Gives what was put
 * right, in words.
 */
export async function repairMegatron({ prefix, damaged, tokens, store }: MegatronRepair): Promise<string[]> {
  const repaired: string[] = [];
  if (damaged.some((name) => name.endsWith(".bin")))
    repaired.push(...(await repairTokens(`${prefix}.bin`, store.file("tokens"), tokens.bin.bytes)));
  if (damaged.some((name) => name.endsWith(".idx"))) {
    await tokens.writeIndex();
    await writeFileAtomic(`${prefix}.idx`, await readFile(store.file("index")));
    repaired.push(".idx");
  }
  return repaired;
}

async function repairTokens(path: string, right: string, bytes: number): Promise<string[]> {
  const exists = await stat(path).catch(() => undefined);
  const bin = await asUnwritable(path, () => open(path, exists ? "r+" : "w+"));
  const source = await FileBytes.open(right, "token file");
  const repaired: string[] = [];
  try {
    for (const { start, end } of await overwriteBlocks(bin, source, { path, bytes }))
      repaired.push(`.bin, bytes ${formatCount(start)} to ${formatCount(end)}`);
    const { size } = await bin.stat();
    if (size > bytes) {
      await asUnwritable(path, () => bin.truncate(bytes));
      repaired.push(`.bin, ${formatCount(size - bytes)} bytes too many at the end`);
    }
    await asUnwritable(path, () => bin.sync());
  } finally {
    await source.close();
    await bin.close();
  }
  return repaired;
}

interface Range {
  readonly start: number;
  end: number;
}

/** Writes the blocks of `source` that `bin` has not; gives them, neighbors as one range. */
async function overwriteBlocks(
  bin: FileHandle,
  source: FileBytes,
  { path, bytes }: { readonly path: string; readonly bytes: number },
): Promise<Range[]> {
  const ranges: Range[] = [];
  const there = Buffer.alloc(block);
  for (let at = 0; at < bytes; at += block) {
    const wanted = await source.slice(at, Math.min(bytes, at + block));
    const { bytesRead } = await bin.read(there, 0, wanted.byteLength, at);
    if (bytesRead === wanted.byteLength && there.subarray(0, bytesRead).equals(wanted)) continue;
    let done = 0;
    while (done < wanted.byteLength) {
      const rest = wanted.byteLength - done;
      done += (await asUnwritable(path, () => bin.write(wanted, done, rest, at + done))).bytesWritten;
    }
    const last = ranges.at(-1);
    if (last?.end === at) last.end = at + wanted.byteLength;
    else ranges.push({ start: at, end: at + wanted.byteLength });
  }
  return ranges;
}
