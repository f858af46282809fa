import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { encodeMegatronIndex } from "../../src/formats/megatron.js";

/**
 * Writes a dataset of sequences of these lengths; its tokens count up from `first`, so that every one tells where it
 * stands.
 */
export async function writeLengths(prefix: string, lengths: readonly number[], first = 0): Promise<void> {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const plan = { dtype: "int32" as const, sequences: lengths.length, documents: lengths.length };
  const index = encodeMegatronIndex({ ...plan, length: (i) => lengths[i] as number, documentEnd: (i) => i + 1 });
  await mkdir(dirname(prefix), { recursive: true });
  await writeFile(`${prefix}.idx`, Buffer.concat([...index]));
  await writeFile(`${prefix}.bin`, new Uint8Array(new Int32Array(total).map((_, i) => first + i).buffer));
}
