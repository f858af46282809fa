import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareData } from "../../src/data/prepare.js";
import { scratchFolder, tinyTokenizer } from "./tiny-tokenizer.js";

/** A folder with files and a tiny tokenizer; `prepare` gives the dataset of `in.txt` and its documents. */
export async function place(files: Readonly<Record<string, string | Uint8Array>>) {
  const folder = await scratchFolder({ "tokenizer.json": tinyTokenizer(), ...files });
  const prepare = async (changes: object) => {
    const options = { input: join(folder, "in.txt"), tokenizer: folder, output: join(folder, "out", "x"), ...changes };
    const data = await prepareData({ mode: "documents", workers: 1, ...options });
    return { data, documents: await documentsOf(data.prefix) };
  };
  return { folder, prepare };
}

/** The texts of a dataset that the tiny tokenizer made: sequences in order, `|` where a document ends. */
export async function documentsOf(prefix: string): Promise<string> {
  const [bin, idx] = [await readFile(`${prefix}.bin`), await readFile(`${prefix}.idx`)];
  const sequences = Number(idx.readBigInt64LE(18));
  const ends = Array.from({ length: Number(idx.readBigInt64LE(26)) }, (_, i) =>
    Number(idx.readBigInt64LE(34 + 12 * sequences + 8 * i)),
  );
  let at = 0;
  let text = "";
  for (let i = 0; i <= sequences; i++) {
    text += "|".repeat(ends.filter((end) => end === i).length);
    if (i === sequences) break;
    const length = idx.readInt32LE(34 + 4 * i);
    for (const end = at + length; at < end; at++) {
      const id = idx.readUInt8(17) === 8 ? bin.readUInt16LE(2 * at) : bin.readInt32LE(4 * at);
      text += id === 98 ? "⏎" : id === 1 ? "�" : String.fromCharCode(id - 3 + 32);
    }
    text += "/";
  }
  return text;
}
