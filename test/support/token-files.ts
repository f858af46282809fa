import { writeFileSync } from "node:fs";

/**
 * Writes a small Megatron dataset (`prefix.bin`, `prefix.idx`) of `count` sequences: counting sequences, so that a
 * model can learn them.
 */
export function writeTokenFiles(prefix: string, options: { count: number; length: number; vocabulary: number }): void {
  const { count, length, vocabulary } = options;
  const tokens = new Int32Array(count * length).map((_, i) => 2 + ((i * 7) % (vocabulary - 2)));
  const index = Buffer.alloc(34 + 12 * count + 8 * (count + 1));
  index.write("MMIDIDX\0\0", "latin1");
  index.writeBigUInt64LE(1n, 9);
  index.writeUInt8(4, 17);
  index.writeBigUInt64LE(BigInt(count), 18);
  index.writeBigUInt64LE(BigInt(count + 1), 26);
  for (let i = 0; i < count; i += 1) {
    index.writeInt32LE(length, 34 + 4 * i);
    index.writeBigInt64LE(BigInt(4 * length * i), 34 + 4 * count + 8 * i);
  }
  for (let i = 0; i <= count; i += 1) index.writeBigInt64LE(BigInt(i), 34 + 12 * count + 8 * i);
  writeFileSync(`${prefix}.bin`, Buffer.from(tokens.buffer));
  writeFileSync(`${prefix}.idx`, index);
}
