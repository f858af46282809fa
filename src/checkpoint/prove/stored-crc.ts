import { crc32 } from "node:zlib";
import type { ByteSource } from "../../core/bytes.js";
import { decodeElements } from "../../formats/dtype.js";
import { readTensorBytes, type TensorEntry } from "../../formats/tensor-entry.js";
import type { OpenTensorFile } from "../read/files/tensor-file.js";
import { combineCrc } from "./crc-combine.js";

const blockBytes = 8 * 1024 * 1024;

/**
 * Compares the CRC-32 that MindSpore stores with `crc_check=True`: in a `.ckpt` of all bytes before it, in
 * safetensors (`crc_num`) of names and data in the order of the names. `checksums`: CRC-32 of each tensor's data.
 * `broken` says what differs.
 */
export async function checkStoredCrc(
  { source, header }: OpenTensorFile,
  checksums: ReadonlyMap<string, number>,
): Promise<{ readonly broken?: string; readonly checked: boolean }> {
  const stored = header.format === "ckpt" ? header.crc : numberOf(header.metadata.crc_num);
  if (stored === undefined) return { checked: false };
  let found = 0;
  if (header.format === "ckpt") {
    for (let start = 0; start < header.dataEnd; start += blockBytes) {
      found = crc32(await source.slice(start, Math.min(header.dataEnd, start + blockBytes)), found);
    }
  } else {
    const entries = [...header.tensors].sort((a, b) => byCodePoint(a.name, b.name));
    for (const entry of entries) {
      found = crc32(Buffer.from(entry.name), found);
      const zeros = await pythonZeros(source, entry);
      if (zeros === undefined) found = combineCrc(found, checksums.get(entry.name) ?? 0, entry.bytes);
      else
        for (let left = zeros; left > 0; left -= blockBytes)
          found = crc32(Buffer.alloc(Math.min(left, blockBytes)), found);
    }
  }
  if (found === stored) return { checked: true };
  const broken = `expected the CRC-32 that the file stores (${stored}), found ${found}: bytes changed after the save`;
  return { broken, checked: true };
}

/**
 * MindSpore takes `bytes(array)`, which for a single whole number n is n zero bytes, not the bytes of n. Undefined for
 * every other tensor.
 */
async function pythonZeros(source: ByteSource, entry: TensorEntry): Promise<number | undefined> {
  if (entry.shape.length > 0 || !/^[IU]\d+$/.test(entry.dtype)) return undefined;
  const values = decodeElements(await readTensorBytes(source, entry), entry.dtype);
  return Number(values?.[0] ?? 0);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Python's order of texts: by code points, where JavaScript's is by UTF-16 units. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
