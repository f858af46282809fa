import type { ElementType } from "../dtype.js";

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/**
 * The bytes before the data of a safetensors file: length and header, padded with spaces to a multiple of 8. The data
 * of the tensors follow
 * back to back in the order given.
 */
export function formatSafetensorsHeader(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  let position = 0;
  const parts = [`"__metadata__":${JSON.stringify(metadata)}`];
  for (const { name, dtype, shape, bytes } of tensors) {
    const offsets = [position, position + bytes];
    parts.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`);
    position += bytes;
  }
  const text = Buffer.from(`{${parts.join(",")}}`);
  const padded = Buffer.alloc(8 + Math.ceil(text.byteLength / 8) * 8, 0x20);
  padded.writeBigUInt64LE(BigInt(padded.byteLength - 8), 0);
  text.copy(padded, 8);
  return padded;
}
