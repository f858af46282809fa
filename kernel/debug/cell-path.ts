/** Front ends name a cell's source by prefix, hash of its code, and suffix. No file is written. */
export const cellPaths = {
  hashMethod: "Murmur2",
  hashSeed: 0xc70f_6907,
  tmpFilePrefix: `/cells-of-kernel-${process.pid}/`,
  tmpFileSuffix: ".ts",
} as const;

/** The path by which front ends speak of a cell with this code. */
export function cellPath(code: string): string {
  return `${cellPaths.tmpFilePrefix}${murmur2(code, cellPaths.hashSeed)}${cellPaths.tmpFileSuffix}`;
}

const mixer = 0x5bd1_e995;

/** Austin Appleby's MurmurHash2 (32 bits) of a text's UTF-8 bytes, as Jupyter's front ends compute it. */
export function murmur2(text: string, seed: number): number {
  const data = new TextEncoder().encode(text);
  const view = new DataView(data.buffer);
  const whole = data.length - (data.length % 4);
  let hash = seed ^ data.length;
  for (let at = 0; at < whole; at += 4) {
    const mixed = Math.imul(view.getUint32(at, true), mixer);
    hash = Math.imul(hash, mixer) ^ Math.imul(mixed ^ (mixed >>> 24), mixer);
  }
  if (whole < data.length) {
    for (let at = data.length - 1; at >= whole; at--) hash ^= (data[at] as number) << (8 * (at - whole));
    hash = Math.imul(hash, mixer);
  }
  hash = Math.imul(hash ^ (hash >>> 13), mixer);
  return (hash ^ (hash >>> 15)) >>> 0;
}
